//! Who would notice, and how it ends.
use super::{
    calls::{End, Status as SetStatus},
    form::{Mend, about},
    record::{self, Shown},
    words::{capital, day, many, used},
};
use crate::parts::{Button, Fact, Facts, State, ago, minutes};
use governance::{engine::Act, identity::Status, text::visible_line};
use leptos::prelude::*;

pub fn monitoring(shown: &Shown) -> impl IntoView + use<> {
    let r = &shown.dossier.record;
    let m = &r.monitoring;
    let mut facts: Vec<_> = m
        .sources
        .iter()
        .filter_map(|s| s.source.as_ref().map(|source| (s, source)))
        .map(|(s, source)| {
            let read = source
                .last_sync_at
                .map_or_else(|| "never read".to_owned(), |at| format!("last read {}", ago(at, shown.now)));
            let state = match (s.sighting.gone_at, s.stale) {
                (Some(_), _) => Some((State::Unknown, "No longer shown".to_owned())),
                (None, true) => Some((State::Wait, "Stale".to_owned())),
                (None, false) => None,
            };
            Fact { state, source: Some(read), ..Fact::new("Source", visible_line(&source.name).into_owned()) }
        })
        .collect();
    if facts.is_empty() {
        facts.push(Fact {
            source: Some("registered by hand".into()),
            state: Some((State::Unknown, "None".into())),
            ..Fact::new("Source", "")
        });
    }
    let asked = match m.last_asked_at {
        Some(at) => {
            Fact { source: Some(format!("our log, {}", minutes(at))), ..Fact::new("Last asked us", ago(at, shown.now)) }
        }
        None => Fact { state: Some((State::Unknown, "Never".into())), ..Fact::new("Last asked us", "") },
    };
    facts.push(asked);
    facts.push(Fact::new("Last used elsewhere", used(m.last_used_at, r.identity.usage_reported, shown.now)));
    let live =
        shown.dossier.keys.iter().filter(|k| k.revoked_at.is_none() && k.expires_at.is_none_or(|end| end > shown.now));
    let scopes: std::collections::BTreeSet<_> =
        live.clone().flat_map(|k| k.scopes.iter().map(|s| s.as_str())).collect();
    let n = live.count();
    facts.push(Fact {
        source: (n > 0).then(|| format!("may {}", scopes.into_iter().collect::<Vec<_>>().join(", "))),
        ..Fact::new("Keys of ours", if n == 0 { "none".into() } else { many(n, "live key", "live keys") })
    });
    let name = &r.identity.name;
    let mend = (n == 0 && Act::ManageKeys.allows(&governance::Actor::Operator { host: String::new() }).is_ok() && shown.mends).then(|| {
        let command = format!("countersign key create '{}:{}'", r.identity.kind, name.replace('\'', "'\\''"));
        view! { <Mend title="Connect it with a key"><p class="note">"Run where the server is; the key is shown once, and the agent sends it with each question."</p><crate::parts::CodeBlock label="Make a key" text=command/></Mend> }
    });
    record::block("monitoring", "Monitoring", (&m.gaps, shown.mends), view! { <Facts facts/> }, mend)
}

pub fn retirement(shown: &Shown) -> impl IntoView + use<> {
    let r = &shown.dossier.record;
    let it = &r.identity;
    let end = match it.ends_at {
        Some(at) => {
            let passed = if at <= shown.now { Some((State::Wait, "Past".to_owned())) } else { None };
            Fact {
                state: passed,
                source: Some(minutes(at)),
                ..Fact::new("End date", format!("{} ({})", day(at), ago(at, shown.now)))
            }
        }
        None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("End date", "") },
    };
    let since = it.suspended_at.or(it.retired_at).map(minutes);
    let state = Fact { source: since, ..Fact::new("State", capital(it.status.as_str())) };
    let elsewhere = shown.dossier.paths.iter().filter(|p| p.state == "live").count();
    let depends = match elsewhere {
        0 => Fact::new("Elsewhere", "no way known to act without asking us"),
        n => Fact {
            href: Some("#credentials".into()),
            ..Fact::new(
                "Elsewhere",
                format!("{} its platforms decide on themselves", many(n, "way to act", "ways to act")),
            )
        },
    };
    let mend = shown.mends.then(|| view! { {edit(shown)} {step(shown)} });
    record::block(
        "retirement",
        "Retirement",
        (&r.retirement.gaps, shown.mends),
        view! { <Facts facts=vec![end, state, depends]/> },
        mend,
    )
}

fn edit(shown: &Shown) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<End>::new();
    let it = &shown.dossier.record.identity;
    let value = it.ends_at.map(|at| at.datetime().format("%Y-%m-%d").to_string()).unwrap_or_default();
    let title = if it.ends_at.is_none() { "Set an end date" } else { "Change the end date" };
    view! {
        <Mend title>
            <ActionForm action=action>
                {about}
                <div class="field">
                    <label for="f-day">"It ends on"</label>
                    <input id="f-day" name="day" type="date" value=value aria-describedby="f-day-hint"/>
                    <p class="hint" id="f-day-hint">"The end of that day, UTC; empty: no end"</p>
                </div>
                <div class="actions"><Button>"Save end date"</Button></div>
            </ActionForm>
        </Mend>
    }
}

/// The steps of its life from here.
fn step(shown: &Shown) -> impl IntoView + use<> {
    let it = &shown.dossier.record.identity;
    let steps: Vec<_> =
        [(Status::Active, "Resume"), (Status::Suspended, "Suspend"), (Status::Retiring, "Begin to retire")]
            .into_iter()
            .filter(|(to, _)| it.status.may_become(*to) && it.status != Status::Retired)
            .collect();
    if steps.is_empty() {
        return ().into_any();
    }
    let about = about(shown);
    let action = ServerAction::<SetStatus>::new();
    let buttons = steps.into_iter().map(|(to, word)| view! { <Button name="status" value=to.as_str()>{word}</Button> });
    let buttons = buttons.collect_view();
    view! {
        <Mend title="Suspend, resume or retire">
            <ActionForm action=action>
                {about}
                <p class="note">"Only an active identity is permitted anything. What was approved for it before the change is void."</p>
                <div class="actions">{buttons}</div>
            </ActionForm>
        </Mend>
    }
    .into_any()
}
