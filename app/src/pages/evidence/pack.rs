//! One pack: how far it is, what is in it, and how whoever gets it verifies it.
use super::{packs::download, waiting::LookAgain, words};
use crate::{
    error::AppError,
    parts::{Banner, CodeBlock, Fact, Facts, Kind, LinkButton, Mark, Page, Panel, Problems, State, count, minutes},
    paths,
    viewer::acting,
};
use governance::{
    assess::catalogue::Catalogue,
    engine::Act,
    error::{Error, Result},
    evidence::order::{self, Made, Order},
    text::visible_line,
};
use leptos::prelude::*;

struct Found {
    order: Order,
    framework: String,
    by: String,
    vkey: String,
    may_export: bool,
    may_make: bool,
}

pub async fn pack(id: String) -> impl IntoView {
    match read(&id).await {
        Err(e) => view! { <Page title="Evidence pack"><Problems error=Some(AppError::from(e))/></Page> }.into_any(),
        Ok(found) => shown(&found).into_any(),
    }
}

async fn read(id: &str) -> Result<Found> {
    let (governance, ctx) = acting()?;
    let id = id.parse().map_err(|_| Error::not_found("there is no such evidence pack"))?;
    let order = governance.evidence_get(&ctx, id).await?;
    let names = governance.actor_names(&ctx, &[&order.by]).await?;
    let catalogue = Catalogue::shipped()?;
    Ok(Found {
        framework: catalogue.framework(&order.framework).map_or_else(|_| order.framework.clone(), |f| f.name.clone()),
        by: words::who(&names, &order.by).to_owned(),
        vkey: governance.installation().vkey.clone(),
        may_export: Act::Export.allows(&ctx.actor).is_ok(),
        may_make: Act::MakeEvidence.allows(&ctx.actor).is_ok(),
        order,
    })
}

fn shown(found: &Found) -> impl IntoView + use<> {
    let order = &found.order;
    let (state, word) = words::pack_state(order.state);
    let title = format!("{}, {}", found.framework, words::days(order.period));
    let lead = format!("Evidence pack, ordered by {} on {}", found.by, minutes(order.at));
    let (far, facts) = (how_far(found), facts(found));
    let assessed = found.order.pack.as_ref().map(|made| {
        let href = paths::assessment(&made.assessment.to_string());
        view! { <div class="actions ev-download"><LinkButton href>"The assessment in it"</LinkButton></div> }
    });
    let verify = order.pack.as_ref().map(|made| verify(found, made));
    view! {
        <Page title lead>
            <p class="ev-back"><a href=paths::EVIDENCE>"All evidence"</a></p>
            {far}
            <div class="columns">
                <Panel title="The pack"><p class="ev-state"><Mark state word/></p><Facts facts/>{assessed}</Panel>
                {verify}
            </div>
        </Page>
    }
}

fn how_far(found: &Found) -> impl IntoView + use<> {
    let order = &found.order;
    match order.state {
        order::State::Ordered => view! {
            <Banner state=State::Wait title="Waiting for its turn.">"The server makes it once the log's signed checkpoint covers the order, within a second or two."</Banner>
            {look_again(order)}
        }
        .into_any(),
        order::State::Making => view! {
            <Banner state=State::Wait title="Being made.">"The control tests are run, records are gathered, proofs are put together."</Banner>
            {look_again(order)}
        }
        .into_any(),
        order::State::Failed => {
            let why = order.failure.as_deref().map_or_else(String::new, |w| format!("{}.", visible_line(w).trim_end_matches('.')));
            let again = found.may_make.then(|| view! { <p><a href=format!("{}#make-pack", paths::EVIDENCE)>"Order it again"</a></p> });
            view! { <Banner state=State::Deny title="It could not be made.">{why}</Banner>{again} }.into_any()
        }
        order::State::Made => match found.may_export {
            true => view! { <div class="actions ev-download">{download(&order.id.to_string(), &order.file_name(), Kind::Primary)}</div> }.into_any(),
            false => view! { <Banner state=State::Unknown title="You may not download it.">"It takes any role but viewer."</Banner> }.into_any(),
        },
    }
}

fn look_again(order: &Order) -> impl IntoView + use<> {
    view! { <div class="actions ev-download"><LinkButton href=paths::pack(&order.id.to_string())>"Look again"</LinkButton><LookAgain/></div> }
}

fn facts(found: &Found) -> Vec<Fact> {
    let order = &found.order;
    let mut facts = vec![
        Fact::new("Framework", found.framework.clone()),
        Fact::new("Period", format!("{}, whole days in UTC", words::days(order.period))),
        Fact::new("Ordered by", found.by.clone()),
        Fact::new("Log entry", count(order.seq)),
    ];
    if let Some(made) = &order.pack {
        facts.extend([
            Fact::new("Made", minutes(made.at)),
            Fact::new("File", order.file_name()),
            Fact::new("Size", format!("{} ({} bytes)", words::size(made.size), count(made.size))),
            Fact::new("SHA-256", made.sha256.clone()),
            Fact::new("Events", count(made.events)),
            Fact::new("Decisions", count(made.decisions)),
            Fact::new("Votes", count(made.approvals)),
            Fact::new("Proven by", format!("the signed log of {} entries", count(made.checkpoint))),
        ]);
    }
    facts
}

/// The key travels apart from the pack: whoever could make up the one could make up the other.
fn verify(found: &Found, made: &Made) -> impl IntoView + use<> {
    let file = found.order.file_name();
    let run = format!("countersign verify {file} --key '{}'", found.vkey);
    let since = format!("countersign log checkpoint --since {}", made.checkpoint);
    let hash = format!("echo '{}  {file}' | sha256sum --check", made.sha256);
    view! {
        <Panel title="Verify it" note="On any machine, offline: it needs the file, the program and this log's public key, which should reach the reader by another way than the pack.">
            <div class="ev-code"><CodeBlock label="Verify the pack" text=run/></div>
            <p class="note">"It ends with 0 if all holds, 1 if anything was changed, 2 if all holds but no checkpoint kept outside says so too. For that, add "<code>"--checkpoint FILE"</code>" with what this prints, kept where this database does not rule:"</p>
            <div class="ev-code"><CodeBlock label="A checkpoint from outside" text=since/></div>
            <div class="ev-code"><CodeBlock label="Compare the file's hash" text=hash/></div>
            <p class="note">"The hash alone shows that it is the same file, not that it is true."</p>
        </Panel>
    }
}
