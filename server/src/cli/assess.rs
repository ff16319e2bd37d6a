use super::out::print;
use crate::{config::Common, state};
use governance::{
    assess::{
        catalogue::{Catalogue, Test},
        report::{Assessment, ControlLine, FrameworkLine, TestLine, Violation},
        verdict::{Outcome, Verdict},
    },
    error::{Error, Result},
    text::visible_line,
};
use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

/// Rows of a violated test that a terminal is shown; `--json` gives them all.
const SHOWN: usize = 10;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the tests that this framework's controls rest on, and each control by name
    #[arg(long, value_name = "ID")]
    framework: Option<String>,
    /// Before the run, set this installation's own threshold; `default` goes back to the catalogue's. May be repeated
    #[arg(long, value_name = "TEST.NAME=VALUE")]
    set: Vec<String>,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let wanted: Vec<_> = args.set.iter().map(|text| threshold(text)).collect::<Result<_>>()?;
    if let Some(id) = &args.framework {
        Catalogue::shipped()?.framework(id)?;
    }
    let state::Command { governance, ctx, .. } = state::open_for_command(&common.place()?).await?;
    for (test, name, value) in wanted {
        governance.threshold_set(&ctx, test, name, value).await?;
    }
    let made = governance.assess_run(&ctx, args.framework.as_deref(), None).await?;
    let mut rows = BTreeMap::new();
    for line in made.results.iter().filter(|l| l.kept > 0) {
        let key = (line.id.clone(), line.variant.clone());
        let limit = if common.json { usize::MAX } else { SHOWN };
        let found = governance.assess_rows(&ctx, made.run.id, (&line.id, &line.variant), limit).await?;
        rows.insert(key, found);
    }
    governance.close().await;
    let text = text(&made, args.framework.is_some(), &rows)?;
    print(common.json, &document(&made, &rows)?, || text)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads `AUD-05.required_s=86400`; `default` is `None`.
fn threshold(text: &str) -> Result<(&str, &str, Option<i64>)> {
    let bad = || Error::invalid(format!("--set {text:?}: write TEST.NAME=VALUE, such as CRD-01.max_age_s=2592000"));
    let (place, value) = text.split_once('=').ok_or_else(bad)?;
    let (test, name) = place.split_once('.').ok_or_else(bad)?;
    let value = if value == "default" { None } else { Some(value.parse().map_err(|_| bad())?) };
    Ok((test, name, value))
}

type Rows = BTreeMap<(String, String), Vec<Violation>>;

fn document(made: &Assessment, rows: &Rows) -> Result<serde_json::Value> {
    let mut value = serde_json::to_value(made).map_err(Error::internal)?;
    for result in value["results"].as_array_mut().into_iter().flatten() {
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let found = rows.get(&(text("id"), text("variant"))).cloned().unwrap_or_default();
        result["rows"] = serde_json::to_value(found).map_err(Error::internal)?;
    }
    Ok(value)
}

fn text(made: &Assessment, by_control: bool, rows: &Rows) -> Result<String> {
    let catalogue = Catalogue::shipped()?;
    let mut out = String::new();
    let day = |at: governance::time::Timestamp| at.datetime().format("%Y-%m-%d %H:%M UTC").to_string();
    let run = &made.run;
    let _ =
        writeln!(out, "Control tests of {}, period {} to {}", day(run.at), day(run.period.start), day(run.period.end));
    let _ = writeln!(
        out,
        "{} of {} tests can be fed today; what nothing feeds is indeterminate: no source.\nCatalogue of {}: {}.\n",
        run.fed, run.tests, run.catalogue, catalogue.status
    );
    table(&mut out, &made.frameworks);
    if by_control {
        for framework in &made.frameworks {
            controls(&mut out, made, framework);
        }
    }
    let violated = made.results.iter().filter(|l| l.outcome == Outcome::NotSatisfied);
    for line in violated {
        if let Some(test) = catalogue.test(&line.id) {
            violations(&mut out, test, line, rows);
        }
    }
    let _ = write!(
        out,
        "\nA verdict speaks for the identities under management alone. Each names its tests, their population and what violates them;\nwhat is satisfied in part or only supported needs other evidence. Run {}.",
        run.id
    );
    Ok(out)
}

fn table(out: &mut String, frameworks: &[FrameworkLine]) {
    let heads = ["satisfied", "supporting", "not satisfied", "not applic.", "indeterm.", "not evidenced"];
    let width = frameworks.iter().map(|f| f.id.chars().count()).max().unwrap_or(0).max(9);
    let _ = write!(out, "{:<width$}", "framework");
    for head in heads {
        let _ = write!(out, "  {head:>13}");
    }
    out.push('\n');
    for framework in frameworks {
        let _ = write!(out, "{:<width$}", framework.id);
        for verdict in Verdict::ALL {
            let _ = write!(out, "  {:>13}", framework.counts.of(verdict));
        }
        out.push('\n');
    }
}

fn controls(out: &mut String, made: &Assessment, framework: &FrameworkLine) {
    let _ = writeln!(out, "\n{} ({})", framework.name, framework.version);
    for ControlLine { id, title, words, coverage, tests, rationale, looser, .. } in &framework.controls {
        let title = if title == id { String::new() } else { format!(" {title}") };
        let coverage = coverage.map_or(String::new(), |c| format!(", {}", c.word()));
        let _ = writeln!(out, "  {id}{title}: {words}{coverage}");
        let _ = match tests.is_empty() {
            true => writeln!(out, "      {rationale}"),
            false => writeln!(out, "      {}", uses(made, tests)),
        };
        for why in looser {
            let _ = writeln!(out, "      {why}");
        }
    }
}

/// `OWN-01 not satisfied (11 of 11), LIF-01 not applicable`: rows that violate, of all.
fn uses(made: &Assessment, tests: &[(String, String)]) -> String {
    let one = |(id, variant): &(String, String)| match made.result(id, variant) {
        None => format!("{id} not run"),
        Some(l) if matches!(l.outcome, Outcome::Satisfied | Outcome::NotSatisfied) => {
            format!("{id} {} ({} of {})", l.outcome.word(), l.violations, l.population)
        }
        Some(l) => format!("{id} {}", l.outcome.word()),
    };
    tests.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn violations(out: &mut String, test: &Test, line: &TestLine, rows: &Rows) {
    let variant = if line.variant.is_empty() { String::new() } else { format!(" ({})", line.variant) };
    let _ =
        writeln!(out, "\n{}{variant} {}: {} of {} violate it", test.id, test.title, line.violations, line.population);
    let found = rows.get(&(line.id.clone(), line.variant.clone())).map_or(&[][..], Vec::as_slice);
    for row in found.iter().take(SHOWN) {
        let is = row.label.as_deref().unwrap_or(&row.subject);
        let _ = writeln!(out, "  {}  {}  {}", row.subject, visible_line(is), visible_line(&row.detail));
    }
    let more = line.violations - i64::try_from(found.len().min(SHOWN)).unwrap_or(0);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more: --json lists them");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_or_refused_in_one_line() {
        assert_eq!(threshold("AUD-05.required_s=86400").unwrap(), ("AUD-05", "required_s", Some(86_400)));
        assert_eq!(threshold("AUD-05.required_s=default").unwrap(), ("AUD-05", "required_s", None));
        for bad in ["AUD-05", "AUD-05=1", "AUD-05.required_s=soon", ""] {
            let error = threshold(bad).unwrap_err().detail;
            assert!(error.contains("write TEST.NAME=VALUE") && !error.contains('\n'), "{error}");
        }
    }
}
