//! What a catalogue query reads, and how it is run: the catalogue's SQL is written for tables of its own with `:name`
//! parameters; ours are views named `ev_…`, and both databases take `$n`.
use super::token::{Kind, Token, tokens};
use crate::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Tables and their columns, as the catalogue's DDL declares them.
pub type Schema = BTreeMap<String, BTreeSet<String>>;

/// What one statement depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// `:name`, without the colon, in order of first appearance.
    pub parameters: Vec<String>,
    /// (table, column).
    pub columns: BTreeSet<(String, String)>,
    pub tables: BTreeSet<String>,
    /// (table, column, literal) wherever a column is compared with a text; the empty text is left out.
    pub comparisons: BTreeSet<(String, String, String)>,
}

/// One `select`: its tables by alias, and the `select` around it, whose aliases it may use.
#[derive(Debug, Default)]
struct Scope {
    around: Option<usize>,
    /// `None` is a subquery in `from`: what it reads counts where it reads it.
    tables: Vec<(String, Option<String>)>,
}

type Place = (Option<String>, String);

/// Reads a statement against the schema.
///
/// # Errors
/// `Invalid` for a table, column or alias that is not there, and for SQL outside the catalogue's subset.
pub fn reads(sql: &str, schema: &Schema) -> Result<Reads> {
    let words = tokens(sql)?;
    let mut reader = Reader { words: &words, schema, scopes: Vec::new(), names: Vec::new(), compared: Vec::new() };
    reader.scan()?;
    let mut found = Reads::default();
    for word in words.iter().filter(|w| w.kind == Kind::Parameter) {
        let name = word.text.trim_start_matches(':').to_owned();
        if !found.parameters.contains(&name) {
            found.parameters.push(name);
        }
    }
    for scope in &reader.scopes {
        found.tables.extend(scope.tables.iter().filter_map(|(_, table)| table.clone()));
    }
    for (scope, name) in &reader.names {
        found.columns.extend(reader.resolve(*scope, name)?);
    }
    for (scope, name, literal) in &reader.compared {
        if let Some((table, column)) = reader.resolve(*scope, name)?.filter(|_| !literal.is_empty()) {
            found.comparisons.insert((table, column, literal.clone()));
        }
    }
    Ok(found)
}

struct Reader<'a> {
    words: &'a [Token<'a>],
    schema: &'a Schema,
    scopes: Vec<Scope>,
    names: Vec<(usize, Place)>,
    compared: Vec<(usize, Place, String)>,
}

impl Reader<'_> {
    fn scan(&mut self) -> Result<()> {
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut current: Option<usize> = None;
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            if word.is("(") {
                open.push(current);
            } else if word.is(")") {
                current = open.pop().ok_or_else(|| self.wrong(at, "a parenthesis too many"))?;
                if self.closes_a_subquery_in_from(at) {
                    at = self.table_alias(at, current, None)?;
                    continue;
                }
            } else if word.is("select") {
                self.scopes.push(Scope { around: open.last().copied().flatten(), ..Scope::default() });
                current = Some(self.scopes.len() - 1);
            } else if (word.is("from") || word.is("join")) && !self.word(at + 1).is_some_and(|w| w.is("(")) {
                at = self.table(at + 1, current)?;
                continue;
            } else if word.kind == Kind::Name {
                at = self.name(at, current)?;
                continue;
            } else if let (Some(literal), Some(place), Some(scope)) = (word.literal(), self.compared_with(at), current)
            {
                self.compared.push((scope, place, literal));
            }
            at += 1;
        }
        if open.is_empty() { Ok(()) } else { Err(Error::invalid("a parenthesis is not closed")) }
    }

    /// `from TABLE [as] [alias]` from the table's name on; returns the index after it.
    fn table(&mut self, at: usize, scope: Option<usize>) -> Result<usize> {
        let name = self.word(at).filter(|w| w.kind == Kind::Name).ok_or_else(|| self.wrong(at, "no table"))?;
        if !self.schema.contains_key(name.text) {
            return Err(self.wrong(at, "no such table"));
        }
        let table = name.text.to_owned();
        self.table_alias(at, scope, Some(table))
    }

    /// Puts what stands at `at` among the scope's tables, under the alias after it or its own name.
    fn table_alias(&mut self, at: usize, scope: Option<usize>, table: Option<String>) -> Result<usize> {
        let mut next = at + 1;
        if self.word(next).is_some_and(|w| w.is("as")) {
            next += 1;
        }
        let alias = self.word(next).filter(|w| w.kind == Kind::Name).map(|w| w.text.to_owned());
        let end = if alias.is_some() { next + 1 } else { at + 1 };
        if self.word(end).is_some_and(|w| w.is(",")) {
            return Err(self.wrong(end, "tables are joined with `join`"));
        }
        let alias = alias.or_else(|| table.clone()).ok_or_else(|| self.wrong(at, "a subquery needs a name"))?;
        let scope =
            scope.and_then(|s| self.scopes.get_mut(s)).ok_or_else(|| Error::invalid("`from` without `select`"))?;
        scope.tables.push((alias, table));
        Ok(end)
    }

    /// A column, `alias.column`, a function, or the name an expression gets; returns the index after it.
    fn name(&mut self, at: usize, scope: Option<usize>) -> Result<usize> {
        let (first, second) = (self.word(at), self.word(at + 2));
        let (Some(first), Some(scope)) = (first, scope) else { return Err(self.wrong(at, "a name outside a select")) };
        if self.word(at + 1).is_some_and(|w| w.is(".")) {
            let column = second.ok_or_else(|| self.wrong(at, "no column"))?;
            self.names.push((scope, (Some(first.text.into()), column.text.into())));
            return Ok(at + 3);
        }
        let function = self.word(at + 1).is_some_and(|w| w.is("("));
        let label = at > 0 && self.words[at - 1].is("as");
        if !function && !label {
            self.names.push((scope, (None, first.text.into())));
        }
        Ok(at + 1)
    }

    /// The table a name belongs to: the innermost select that knows it. `None` for a column of a subquery.
    fn resolve(&self, scope: usize, (alias, column): &Place) -> Result<Option<(String, String)>> {
        let mut next = Some(scope);
        while let Some(scope) = next.and_then(|s| self.scopes.get(s)) {
            for (known, table) in &scope.tables {
                let has = |t: &String| self.schema.get(t).is_some_and(|columns| columns.contains(column));
                match (alias, table) {
                    (Some(alias), Some(table)) if alias == known => {
                        return if has(table) {
                            Ok(Some((table.clone(), column.clone())))
                        } else {
                            Err(Error::invalid(format!("table {table} has no column {column}")))
                        };
                    }
                    (Some(alias), None) if alias == known => return Ok(None),
                    (None, Some(table)) if has(table) => return Ok(Some((table.clone(), column.clone()))),
                    _ => {}
                }
            }
            next = scope.around;
        }
        Err(Error::invalid(format!(
            "{}{column} belongs to no table here",
            alias.as_ref().map_or(String::new(), |a| format!("{a}."))
        )))
    }

    fn closes_a_subquery_in_from(&self, close: usize) -> bool {
        self.opening(close)
            .is_some_and(|open| open > 0 && (self.words[open - 1].is("from") || self.words[open - 1].is("join")))
    }
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        (0..=close).rev().find(|&at| {
            depth += i32::from(self.words[at].is(")")) - i32::from(self.words[at].is("("));
            depth == 0
        })
    }

    /// The column that the text at `at` is compared with: `c = 'x'`, `c [not] in ('x', …)`, `case c when 'x'`;
    /// `coalesce(c, …)` stands for `c`.
    fn compared_with(&self, at: usize) -> Option<Place> {
        let before = self.word(at.checked_sub(1)?)?;
        if before.is("=") || before.is("<>") {
            return self.operand_before(at - 1);
        }
        if before.is("when") {
            let case = (0..at).rev().find(|&i| self.words[i].is("case"))?;
            return self.operand_after(case);
        }
        if before.is("(") || before.is(",") {
            let list = (0..at).rev().find(|&i| self.words[i].kind == Kind::Symbol && self.words[i].is("("))?;
            let is_list = self.word(list.checked_sub(1)?)?.is("in");
            let negated = list >= 2 && self.words[list - 2].is("not");
            return if is_list { self.operand_before(list - 1 - usize::from(negated)) } else { None };
        }
        None
    }
    fn operand_before(&self, end: usize) -> Option<Place> {
        let last = end.checked_sub(1)?;
        if self.word(last)?.is(")") {
            let open = self.opening(last)?;
            return if self.word(open.checked_sub(1)?)?.is("coalesce") { self.operand_after(open) } else { None };
        }
        let column = self.word(last).filter(|w| w.kind == Kind::Name)?;
        let qualified = last >= 2 && self.words[last - 1].is(".");
        Some((qualified.then(|| self.words[last - 2].text.into()), column.text.into()))
    }
    fn operand_after(&self, at: usize) -> Option<Place> {
        let first = self.word(at + 1).filter(|w| w.kind == Kind::Name)?;
        match self.word(at + 2)?.is(".") {
            true => Some((Some(first.text.into()), self.word(at + 3)?.text.into())),
            false => Some((None, first.text.into())),
        }
    }

    fn word(&self, at: usize) -> Option<&Token<'_>> {
        self.words.get(at)
    }
    fn wrong(&self, at: usize, what: &str) -> Error {
        let (text, start) = self.word(at).map_or(("the end", 0), |w| (w.text, w.start));
        Error::invalid(format!("{what}: `{text}` at {start}"))
    }
}

/// What is wanted of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One row with `n`, the number of rows.
    Count,
    /// `subject` and `detail` as texts, by subject, at most [`KEPT`].
    Rows,
}

/// Rows of one test that a run keeps; their full number is kept beside them.
pub const KEPT: i64 = 10_000;

/// A statement ready for either database: `$n` for `:name`, the tables' views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runnable {
    pub sql: String,
    /// The names of `$1`, `$2`, … in order.
    pub parameters: Vec<String>,
}

/// Rewrites a catalogue query. `$n` is cast, since PostgreSQL cannot type `$1 - $2` by itself; subjects become texts, since
/// some tests name a sequence number.
///
/// # Errors
/// As [`reads`].
pub fn runnable(sql: &str, schema: &Schema, shape: Shape) -> Result<Runnable> {
    let Reads { parameters, .. } = reads(sql, schema)?;
    let inner = rewritten(sql, &parameters)?;
    let sql = match shape {
        Shape::Count => format!("select count(*) as n from ({inner}) q"),
        Shape::Rows => format!(
            "select cast(q.subject as text) as subject, cast(q.detail as text) as detail from ({inner}) q order by 1, 2 limit {KEPT}"
        ),
    };
    Ok(Runnable { sql, parameters })
}

fn rewritten(sql: &str, parameters: &[String]) -> Result<String> {
    let words = tokens(sql)?;
    let mut out = String::with_capacity(sql.len() * 2);
    let mut copied = 0;
    for (at, word) in words.iter().enumerate() {
        let table = at > 0 && (words[at - 1].is("from") || words[at - 1].is("join")) && word.kind == Kind::Name;
        let with = match word.kind {
            Kind::Parameter => {
                let name = word.text.trim_start_matches(':');
                let n = parameters.iter().position(|p| p == name).map_or(0, |n| n + 1);
                format!("cast(${n} as bigint)")
            }
            Kind::Name if table => {
                let named = words.get(at + 1).is_some_and(|w| w.kind == Kind::Name || w.is("as"));
                // columns may be qualified by the table's own name
                if named { format!("ev_{}", word.text) } else { format!("ev_{0} {0}", word.text) }
            }
            _ => continue,
        };
        out.push_str(&sql[copied..word.start]);
        out.push_str(&with);
        copied = word.start + word.text.len();
    }
    out.push_str(&sql[copied..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let table = |t: &str, columns: &str| (t.to_owned(), columns.split(' ').map(str::to_owned).collect());
        BTreeMap::from([
            table("grants", "id state ended_at"),
            table("entitlements", "id grant_id privilege kind"),
            table("config", "key num"),
        ])
    }
    fn check(sql: &str, columns: &str, comparisons: &str) {
        let found = reads(sql, &schema()).unwrap();
        let list: Vec<_> = found.columns.iter().map(|(t, c)| format!("{t}.{c}")).collect();
        assert_eq!(list.join(" "), columns, "{sql}");
        let list: Vec<_> = found.comparisons.iter().map(|(t, c, l)| format!("{t}.{c}={l}")).collect();
        assert_eq!(list.join(" "), comparisons, "{sql}");
    }

    #[test]
    fn columns_are_found_through_aliases_subqueries_and_unions() {
        check(
            "SELECT g.id AS subject FROM grants g WHERE g.state='open'",
            "grants.id grants.state",
            "grants.state=open",
        );
        check("SELECT id AS subject FROM grants UNION ALL SELECT key FROM config", "config.key grants.id", "");
        check(
            "SELECT g.id AS subject FROM grants g WHERE NOT EXISTS(SELECT 1 FROM entitlements e WHERE e.grant_id=g.id AND ended_at>:now)",
            "entitlements.grant_id grants.ended_at grants.id",
            "",
        );
        check(
            "SELECT q.x AS subject FROM (SELECT LAG(id) OVER(ORDER BY ended_at) AS x FROM grants) q",
            "grants.ended_at grants.id",
            "",
        );
        check("SELECT e.id AS subject FROM grants e JOIN entitlements q ON q.id=e.id", "entitlements.id grants.id", "");
    }

    #[test]
    fn every_form_of_comparison_is_found() {
        check(
            "SELECT id FROM grants WHERE COALESCE(state,'none') NOT IN ('a','b')",
            "grants.id grants.state",
            "grants.state=a grants.state=b",
        );
        check(
            "SELECT CASE e.kind WHEN 'x' THEN 'out' ELSE 'b' END FROM entitlements e WHERE e.privilege<>'admin'",
            "entitlements.kind entitlements.privilege",
            "entitlements.kind=x entitlements.privilege=admin",
        );
        check("SELECT num FROM config WHERE COALESCE(key,'')=''", "config.key config.num", "");
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (sql, what) in [
            ("SELECT id FROM nothing", "no such table: `nothing` at 15"),
            ("SELECT g.nope FROM grants g", "table grants has no column nope"),
            ("SELECT x.id FROM grants g", "x.id belongs to no table here"),
            ("SELECT id FROM grants, config", "joined with `join`"),
            ("SELECT id FROM (SELECT id FROM grants", "not closed"),
        ] {
            let error = reads(sql, &schema()).unwrap_err().detail;
            assert!(error.contains(what), "{sql}: {error}");
        }
    }

    #[test]
    fn a_query_is_rewritten_once_for_both_databases() {
        let check = |sql: &str, shape, want: &str| {
            let got = runnable(sql, &schema(), shape).unwrap();
            assert_eq!(got.sql, want);
            got.parameters
        };
        let parameters = check(
            "SELECT id AS subject FROM grants WHERE 'at :now'=state AND ended_at>=:now-:x AND :x>:now",
            Shape::Count,
            "select count(*) as n from (SELECT id AS subject FROM ev_grants grants WHERE 'at :now'=state \
             AND ended_at>=cast($1 as bigint)-cast($2 as bigint) AND cast($2 as bigint)>cast($1 as bigint)) q",
        );
        assert_eq!(parameters, ["now", "x"]);
        check(
            "SELECT g.id AS subject,'x' AS detail FROM grants g JOIN config AS c ON c.key=g.id",
            Shape::Rows,
            "select cast(q.subject as text) as subject, cast(q.detail as text) as detail from (SELECT g.id AS subject,\
             'x' AS detail FROM ev_grants g JOIN ev_config AS c ON c.key=g.id) q order by 1, 2 limit 10000",
        );
    }
}
