use super::icon::Icon;
use leptos::prelude::*;

/// The head of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    /// Right-aligned, figures of one width.
    pub number: bool,
    /// Where a click on the head leads: the same list in this order. Offer only orders that have an index.
    pub sort: Option<String>,
    /// `ascending` or `descending` where the list is in this order now.
    pub sorted: Option<&'static str>,
}

impl Column {
    #[must_use]
    pub fn text(title: &str) -> Self {
        Self { title: title.into(), number: false, sort: None, sorted: None }
    }
    #[must_use]
    pub fn number(title: &str) -> Self {
        Self { number: true, ..Self::text(title) }
    }
    #[must_use]
    pub fn sorting(self, href: String, sorted: Option<&'static str>) -> Self {
        Self { sort: Some(href), sorted, ..self }
    }
}

/// A real table that scrolls inside itself when it must. Children are `<tr>`s, at most eight nodes each. `caption` names it
/// for those who cannot see it. On a phone each row becomes a block: give cells `data-label` for the word before the value.
///
/// ```ignore
/// <Table caption="Identities" columns=vec![Column::text("Name"), Column::number("Keys")]>
///     {rows.into_iter().map(|r| view! { <tr><th scope="row">…</th><td class="num" data-label="Keys">…</td></tr> }).collect_view()}
/// </Table>
/// ```
#[component]
pub fn Table(#[prop(into)] caption: String, columns: Vec<Column>, children: Children) -> impl IntoView {
    let heads = columns.into_iter().map(|c| {
        let title = match c.sort {
            Some(href) => view! {
                <a href=href>{c.title}{c.sorted.map(|s| if s == "ascending" { " ↑" } else { " ↓" })}</a>
            }
            .into_any(),
            None => c.title.into_any(),
        };
        view! { <th scope="col" class=c.number.then_some("num") aria-sort=c.sorted>{title}</th> }
    });
    view! {
        <div class="table-scroll" role="region" aria-label=caption.clone() tabindex="0">
            <table class="table">
                <caption class="sr">{caption.clone()}</caption>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// Below a list: what is shown of how much, and the links to the pages before and after. Keyset pages have no numbers.
#[component]
pub fn Pager(
    /// "50 of 412", or "50 of about 1.2 M".
    #[prop(into)]
    shown: String,
    newer: Option<String>,
    older: Option<String>,
    /// Where the list is not by time: `First`, `Next`.
    #[prop(default = "Newer")]
    newer_word: &'static str,
    #[prop(default = "Older")] older_word: &'static str,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label="Pages of this list">
            <span>{shown}</span>
            {newer.map(|href| view! { <a class="button" rel="prev" href=href><Icon name="chevron-left"/>{newer_word}</a> })}
            {older.map(|href| view! { <a class="button" rel="next" href=href>{older_word}<Icon name="chevron-right"/></a> })}
        </nav>
    }
}
