//! The queue: identities whose standing privilege is a finding, worst first.
use crate::{
    pages::identities::words::{capital, kind_icon, many, severity_state},
    parts::{Column, Empty, Icon, LinkButton, Mark, Page, Pager, Problems, State, Table, count},
    paths, viewer,
};
use governance::{
    engine::{
        Act,
        page::{self, Want},
        privilege::{Privileged, RULES},
    },
    error::Result,
    finding::{Rule, Severity},
    text::visible_line,
};
use leptos::prelude::*;

const ROWS: u16 = 50;

struct Found {
    page: page::Page<Privileged>,
    paged: bool,
    /// Open findings of each rule.
    counts: Vec<(Rule, i64)>,
    exports: bool,
}

pub async fn queue(after: Option<String>) -> AnyView {
    match load(after).await {
        Ok(found) => page(&found).into_any(),
        Err(e) => view! { <Page title="Privilege"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(after: Option<String>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let paged = after.is_some();
    let page = governance.privilege_list(&ctx, &Want { cursor: after, limit: ROWS }).await?;
    let all = governance.finding_counts(&ctx).await?;
    let of = |rule: Rule| all.iter().filter(|(r, ..)| *r == rule).map(|(.., n)| n).sum();
    let counts = RULES.iter().map(|rule| (*rule, of(*rule))).collect();
    Ok(Found { page, paged, counts, exports: Act::Export.allows(&ctx.actor).is_ok() })
}

fn page(found: &Found) -> impl IntoView + use<> {
    let exports = found.exports && !found.page.items.is_empty();
    let actions = ViewFn::from(move || {
        exports.then(|| view! { <LinkButton href=format!("{}.csv", paths::PRIVILEGE)>"CSV"</LinkButton> })
    });
    let counts = found.counts.iter().map(|(rule, n)| {
        let title = rule.title();
        view! { <li><strong>{count(*n)}</strong>" "{title}</li> }
    });
    let counts = view! { <ul class="prv-counts">{counts.collect_view()}</ul> };
    let body = match found.page.items.is_empty() {
        true => view! {
            <Empty title="No standing privilege is a finding" why="Here stands who holds administrative rights without an end, who can give itself more, and who holds what it has not used for 90 days."/>
        }
        .into_any(),
        false => table(found).into_any(),
    };
    view! {
        <Page title="Privilege" lead="Standing access: held without asking, and what of it nobody uses" actions>
            {counts}
            {body}
        </Page>
    }
}

fn table(found: &Found) -> impl IntoView + use<> {
    let rows = found.page.items.iter().map(row).collect_view();
    let columns = vec![
        Column::text("Identity"),
        Column::text("Why"),
        Column::number("Granted"),
        Column::number("Used in 90 days"),
        Column::number("Unused"),
        Column::number("Source does not say"),
    ];
    let older = found.page.next.as_ref().map(|after| format!("{}?after={after}", paths::PRIVILEGE));
    let newer = found.paged.then(|| paths::PRIVILEGE.to_owned());
    let shown = format!("{}, worst first", many(found.page.items.len(), "identity", "identities"));
    view! {
        <Table caption="Standing privilege" columns>{rows}</Table>
        <Pager shown newer older newer_word="First" older_word="Next"/>
    }
}

fn row(it: &Privileged) -> impl IntoView + use<> {
    let (name, icon) = (visible_line(&it.identity.name).into_owned(), kind_icon(it.identity.kind));
    let href = paths::reach(&it.identity.id.to_string());
    let n = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let why = it.findings.iter().map(|f| {
        let (state, word) = (severity_state(f.found.severity), f.found.rule.title());
        let severity = capital(f.found.severity.as_str());
        let words = match f.found.rule {
            Rule::CanEscalate => f.found.evidence.first().map(|e| visible_line(e).into_owned()),
            _ => None,
        };
        let sub = words.map(|w| view! { <span class="idn-sub">{w}</span> });
        let sr = (f.found.severity >= Severity::High).then(|| view! { <span class="sr">", "{severity}</span> });
        view! { <li><Mark state word/>{sr}{sub}</li> }
    });
    let Privileged { sets, .. } = it;
    let unused = match sets.excess {
        0 => n(0).into_any(),
        some => view! { <Mark state=State::Wait word=n(some)/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><span class="idn-kind"><Icon name=icon/><a href=href>{name}</a></span></th>
            <td data-label="Why" class="prv-why"><ul>{why.collect_view()}</ul></td>
            <td class="num" data-label="Granted">{n(sets.granted)}</td>
            <td class="num" data-label="Used in 90 days">{n(sets.used)}</td>
            <td class="num" data-label="Unused">{unused}</td>
            <td class="num" data-label="Source does not say">{n(sets.unknown)}</td>
        </tr>
    }
}
