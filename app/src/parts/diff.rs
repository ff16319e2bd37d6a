use super::table::{Column, Table};
use leptos::prelude::*;

/// One field, compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffRow {
    pub field: String,
    pub this: String,
    pub that: String,
    pub difference: String,
    /// Stands out, and stands first.
    pub unusual: bool,
}

/// Fields of one thing against another: a request against what is normal, a record against its last version. Unusual first.
///
/// `<DiffTable caption="Requested against normal" heads=["Field", "This request", "Normal for this agent", "Difference"] rows/>`
#[component]
pub fn DiffTable(#[prop(into)] caption: String, heads: [&'static str; 4], rows: Vec<DiffRow>) -> impl IntoView {
    let (first, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| r.unusual);
    let rows = first.into_iter().chain(rest).map(move |r| {
        let difference = if r.unusual { format!("▲ {}", r.difference) } else { r.difference };
        view! {
            <tr class:unusual=r.unusual>
                <th scope="row">{r.field}</th>
                <td data-label=heads[1]>{r.this}</td>
                <td data-label=heads[2]>{r.that}</td>
                <td data-label=heads[3] class="difference">{difference}</td>
            </tr>
        }
    });
    view! { <Table caption columns=heads.map(Column::text).to_vec()>{rows.collect_view()}</Table> }
}
