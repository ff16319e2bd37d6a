//! The list of packs, and the one way a pack leaves: a button, for each copy is on record.
use super::{home::Home, words};
use crate::{
    parts::{Column, Digest, Empty, Icon, Kind, Mark, Pager, Table, Time, count},
    paths,
};
use governance::evidence::order::{Order, State};
use leptos::prelude::*;

pub fn section(home: &Home) -> impl IntoView + use<> {
    let exports = (home.may_export && !home.packs.is_empty())
        .then(|| super::home::exports(&format!("{}/packs", paths::EVIDENCE)));
    view! {
        <section class="ev-section" id="packs">
            <div class="ev-head"><h2>"Packs"</h2>{exports}</div>
            {list(home)}
        </section>
    }
}

fn list(home: &Home) -> impl IntoView + use<> {
    if home.packs.is_empty() {
        return view! {
            <Empty title="No pack has been made" why="A pack is one file: what the control tests said of a framework in a period, the records behind it, and proofs that the log holds them. Whoever gets it verifies it offline, without trusting us."/>
        }
        .into_any();
    }
    let rows: Vec<_> = home.packs.iter().map(|o| row(home, o)).collect();
    let columns = vec![
        Column::text("Framework"),
        Column::text("Period"),
        Column::text("State"),
        Column::text("Ordered"),
        Column::number("Size"),
        Column::text("SHA-256"),
        Column::text("File"),
    ];
    let shown = format!("{} shown, newest first", count(home.packs.len().try_into().unwrap_or(i64::MAX)));
    let older = home.older.as_ref().map(|id| format!("{}?before={id}#packs", paths::EVIDENCE));
    let newer = home.paged.then(|| paths::EVIDENCE.to_owned());
    view! { <Table caption="Packs" columns>{rows}</Table><Pager shown newer older/> }.into_any()
}

fn row(home: &Home, order: &Order) -> impl IntoView + use<> {
    let (state, word) = words::pack_state(order.state);
    let framework =
        home.catalogue.framework(&order.framework).map_or_else(|_| order.framework.clone(), |f| f.name.clone());
    let (at, now) = (order.at, home.now);
    let by = format!(" by {}", words::who(&home.names, &order.by));
    let id = order.id.to_string();
    let sha256 = order.pack.as_ref().map(|p| view! { <Digest hex=p.sha256.clone() short=true/> });
    let size = order.pack.as_ref().map(|p| words::size(p.size));
    let file = (home.may_export && order.state == State::Made).then(|| download(&id, &order.file_name(), Kind::Plain));
    view! {
        <tr>
            <th scope="row"><a href=paths::pack(&id)>{framework}</a></th>
            <td data-label="Period">{words::days(order.period)}</td>
            <td data-label="State"><Mark state word/></td>
            <td data-label="Ordered"><Time at now/>{by}</td>
            <td class="num" data-label="Size">{size}</td>
            <td data-label="SHA-256">{sha256}</td>
            <td>{file}</td>
        </tr>
    }
}

/// Posted, for it writes an entry of the log.
pub fn download(id: &str, file: &str, kind: Kind) -> impl IntoView + use<> {
    let (to, label) = (paths::pack_download(id), format!("Download {file}"));
    let class = if kind == Kind::Primary { "button button-primary" } else { "button" };
    view! { <form method="post" action=to><button type="submit" class=class aria-label=label><Icon name="download"/>"Download"</button></form> }
}
