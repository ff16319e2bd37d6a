use crate::parts::table::{Column, Table};
use leptos::prelude::*;

/// The frame of a plot. `title` is the question it answers, `sentence` its answer in words; `columns` and `rows` are the same
/// numbers, `csv` their address, `more` the list behind them.
///
/// ```ignore
/// <Plot title="How much can we see?" sentence="Full for 64 % …" columns rows csv="/overview/visibility.csv">
///     <Area … />
/// </Plot>
/// ```
#[component]
pub fn Plot(
    #[prop(into)] title: String,
    #[prop(optional, into)] note: Option<String>,
    #[prop(into)] sentence: String,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    #[prop(into)] csv: String,
    /// Address and words of the list behind the plot.
    #[prop(optional)]
    more: Option<(String, String)>,
    /// What is inside reads as it stands (names, links, figures); else it is one picture that the sentence stands for.
    #[prop(optional)]
    readable: bool,
    children: Children,
) -> impl IntoView {
    let caption = title.clone();
    let numbers: Vec<bool> = columns.iter().map(|c| c.number).collect();
    let rows = rows.into_iter().map(move |row| {
        let cells = row.into_iter().enumerate().map(|(i, cell)| {
            let number = numbers.get(i).copied().unwrap_or(false);
            if i == 0 {
                view! { <th scope="row">{cell}</th> }.into_any()
            } else {
                view! { <td class=number.then_some("num")>{cell}</td> }.into_any()
            }
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <figure class="plot">
            <figcaption><h2>{title}</h2>{note.map(|text| view! { <p class="note">{text}</p> })}</figcaption>
            <div class="plot-body" role=if readable { "group" } else { "img" } aria-label=sentence>{children()}</div>
            <div class="plot-foot">
                {more.map(|(href, words)| view! { <a href=href>{words}</a> })}
                <a href=csv download="">"CSV"</a>
                <details>
                    <summary>"Table"</summary>
                    <Table caption columns>{rows.collect_view()}</Table>
                </details>
            </div>
        </figure>
    }
}
