//! The counts, each the filter of its list, and the list.
use super::row::row;
use crate::{
    pages::identities::words::{capital, many, spaced},
    parts::{Column, Empty, LinkButton, Page, Pager, Problems, Table, count},
    paths, viewer,
};
use governance::{
    credential::Kind,
    engine::{
        Act,
        identities::COUNT_MAX,
        page::{self, Want},
        secrets::Counts,
    },
    error::Result,
    secret::{Concern, Filter, Secret},
    time::Timestamp,
};
use leptos::prelude::*;

const ROWS: u16 = 50;

/// What the list is narrowed to.
pub struct Asked {
    pub concern: Option<String>,
    pub kind: Option<String>,
    pub after: Option<String>,
}

struct Found {
    page: page::Page<Secret>,
    counts: Counts,
    filter: Filter,
    paged: bool,
    exports: bool,
    now: Timestamp,
}

pub async fn secrets(asked: Asked) -> AnyView {
    match load(asked).await {
        Ok(found) => list(&found).into_any(),
        Err(e) => view! { <Page title="Secrets"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(asked: Asked) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = match (given(asked.concern), given(asked.kind)) {
        (Some(concern), _) => Filter::Of(concern.parse()?),
        (None, Some(kind)) => Filter::Kind(kind.parse()?),
        (None, None) => Filter::Secrets,
    };
    let paged = asked.after.is_some();
    let page = governance.secret_list(&ctx, filter, &Want { cursor: asked.after, limit: ROWS }).await?;
    let counts = governance.secret_counts(&ctx).await?;
    Ok(Found { page, counts, filter, paged, exports: Act::Export.allows(&ctx.actor).is_ok(), now: ctx.at })
}

fn address(filter: Filter) -> String {
    as_file(filter, "")
}

/// The list's own address, or with `.csv` or `.json` that of a file of it.
fn as_file(filter: Filter, form: &str) -> String {
    match filter {
        Filter::Secrets => format!("{}{form}", paths::SECRETS),
        Filter::Of(concern) => format!("{}{form}?concern={concern}", paths::SECRETS),
        Filter::Kind(kind) => format!("{}{form}?kind={kind}", paths::SECRETS),
    }
}

fn chip(filter: Filter, words: String, n: Option<i64>, found: &Found) -> impl IntoView + use<> {
    let current = (found.filter == filter).then_some("true");
    let n = n.map(|n| if n >= COUNT_MAX { "10,000+".to_owned() } else { count(n) });
    let n = n.map(|n| view! { " "<strong>{n}</strong> });
    view! { <a class="chip" href=address(filter) aria-current=current>{words}{n}</a> }
}

fn list(found: &Found) -> impl IntoView + use<> {
    let all = chip(Filter::Secrets, "All secrets".into(), Some(found.counts.secrets), found);
    let concerns = found.counts.concerns.iter();
    let concerns = concerns.map(|(it, n)| chip(Filter::Of(*it), it.title().into(), Some(*n), found)).collect_view();
    let kinds = Kind::ALL.iter();
    let kinds = kinds.map(|it| chip(Filter::Kind(*it), capital(&spaced(it.as_str())), None, found)).collect_view();
    let body = match (found.page.items.is_empty(), found.filter) {
        (false, _) => table(found).into_any(),
        (true, Filter::Secrets) => view! {
            <Empty title="No secrets are known" why="Here stand the long-lived keys, passwords, certificates and tokens that sources show. Never their values."/>
        }
        .into_any(),
        (true, _) => view! { <Empty title="None" why="No credential in the register is like that, as far as its sources tell."/> }.into_any(),
    };
    let (exports, filter) = (found.exports, found.filter);
    let actions = ViewFn::from(move || {
        exports.then(|| {
            view! {
                <LinkButton href=as_file(filter, ".csv")>"CSV"</LinkButton>
                <LinkButton href=as_file(filter, ".json")>"JSON"</LinkButton>
            }
        })
    });
    view! {
        <Page title="Secrets" lead="Long-lived credentials that are switched on, never their values: how old, where kept, who else holds them" actions=actions>
            <nav class="chips" aria-label="Filter by concern">{all}{concerns}</nav>
            <nav class="chips" aria-label="All credentials of a kind">{kinds}</nav>
            {body}
            <p class="note">"Not told: the source does not say. Sharing is seen where a platform publishes a key's id, and where the headers and variables of MCP configurations that were imported together hold the same secret; elsewhere nobody can tell."</p>
        </Page>
    }
}

const fn order(filter: Filter) -> &'static str {
    match filter {
        Filter::Of(Concern::Old) => "the oldest first",
        Filter::Of(Concern::Unused) => "unused the longest first",
        Filter::Of(Concern::Expired) => "past its end the longest first",
        _ => "worst first",
    }
}

fn table(found: &Found) -> impl IntoView + use<> {
    let rows = found.page.items.iter().map(|it| row(it, found.now)).collect_view();
    let columns = ["Secret", "Identity", "Concerns", "Age", "Rotated", "Expires", "Last used", "Kept"];
    let columns = columns.map(Column::text).to_vec();
    let first = address(found.filter);
    let join = if first.contains('?') { '&' } else { '?' };
    let next = found.page.next.as_ref().map(|after| format!("{first}{join}after={after}"));
    let first = found.paged.then_some(first);
    let n = found.page.items.len();
    let (one, more) = match found.filter {
        Filter::Kind(_) => ("credential", "credentials"),
        _ => ("secret", "secrets"),
    };
    let shown = format!("{}, {}", many(n, one, more), order(found.filter));
    view! {
        <Table caption="Secrets" columns>{rows}</Table>
        <Pager shown newer=first older=next newer_word="First" older_word="Next"/>
    }
}
