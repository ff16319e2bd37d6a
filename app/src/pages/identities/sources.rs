//! What sources say of it, side by side: one column a source, what differs marked in words, and which of it counts.
//!
//! A person's word counts first, then that of the source the identity came with; another only says what nobody said. The
//! earliest sign of it and its latest use count, whoever tells of them. What a stale source does not say is not known. What else
//! sources tell of it (its tags, what runs as it, that it is disabled) follows in their own words and decides nothing.
use super::{
    record::Shown,
    words::{capital, spaced},
};
use crate::pages::matches::calls::Split;
use crate::parts::{Button, Column, Mark, State, Table, Tag, ago, minutes};
use governance::{
    identity::record::Shown as Seen,
    import::snapshot::{OWNERS, POWER},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// One line of the table: what is told, what counts of it, and what each source says.
struct Line {
    title: String,
    counts: String,
    says: Vec<Option<String>>,
    /// What differs from what counts is marked. Not so of times: of those the earliest or the latest simply counts.
    differs: bool,
}

pub fn section(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.record.monitoring.sources;
    let asked = all
        .iter()
        .any(|s| s.source.is_none())
        .then(|| view! { <p class="note">"It asked us, too, under the name that it has here."</p> });
    let sources: Vec<&Seen> = all.iter().filter(|s| s.source.is_some()).collect();
    if sources.is_empty() {
        return asked.into_any();
    }
    let heads = sources.iter().map(|s| head(s)).collect::<Vec<_>>();
    let columns = ["What".to_owned(), "Counts here".to_owned()].into_iter().chain(heads.iter().cloned());
    let columns = columns.map(|title| Column::text(&title)).collect();
    let rows = lines(shown, &sources).into_iter().chain(remarks(&sources)).map(|line| row(line, &heads)).collect_view();
    let states = states(&sources, &heads, shown.now);
    let parts = (shown.mends && sources.len() > 1).then(|| parts(shown, &sources, &heads));
    let total = sources.len();
    view! {
        <section class="idn-section" id="sightings" aria-labelledby="sightings-title">
            <header class="idn-section-head"><h2 id="sightings-title">"What sources say "<span class="idn-total">{total}</span></h2></header>
            <p class="note vis-note">"A person's word counts first, then that of the source it came with; another only says what nobody said. Of age and use, the earliest and the latest sign count."</p>
            {asked}
            <Table caption="What sources say" columns>{rows}{states}{parts}</Table>
        </section>
    }
    .into_any()
}

fn head(s: &Seen) -> String {
    s.source.as_ref().map_or_else(String::new, |s| visible_line(&s.name).into_owned())
}

fn lines(shown: &Shown, sources: &[&Seen]) -> Vec<Line> {
    let it = &shown.dossier.record.identity;
    let now = shown.now;
    let each = |says: &dyn Fn(&Seen) -> Option<String>| sources.iter().map(|s| says(s)).collect::<Vec<_>>();
    let noted = |names: &'static [&'static str]| {
        each(&|s| {
            let notes = &s.claim.as_ref()?.notes;
            let found: Vec<_> =
                names.iter().filter_map(|n| notes.get(*n)).map(|n| visible_line(n).into_owned()).collect();
            (!found.is_empty()).then(|| found.join(", "))
        })
    };
    let owner = shown.dossier.record.owner.owner.as_ref();
    let at = |at: Option<Timestamp>| at.map(|at| format!("{} ({})", ago(at, now), minutes(at)));
    let line = |title: &str, counts: String, says: Vec<Option<String>>| Line {
        title: title.into(),
        counts,
        says,
        differs: true,
    };
    let owners = noted(&OWNERS);
    vec![
        line("Name", visible_line(&it.name).into_owned(), each(&|s| Some(visible_line(&s.sighting.name).into_owned()))),
        Line {
            differs: false,
            ..line("Its name there", "–".into(), each(&|s| Some(visible_line(&s.sighting.principal).into_owned())))
        },
        line("Kind", spaced(it.kind.as_str()), each(&|s| Some(spaced(s.claim.as_ref()?.kind.as_str())))),
        line(
            "Environment",
            it.environment.map_or_else(|| "not said".into(), |e| capital(e.as_str())),
            each(&|s| Some(capital(s.claim.as_ref()?.environment?.as_str()))),
        ),
        Line {
            differs: owners.iter().flatten().collect::<BTreeSet<_>>().len() > 1,
            ..line(
                "Owner",
                owner.map_or_else(
                    || "nobody: a source makes nobody an owner".into(),
                    |p| visible_line(&p.name).into_owned(),
                ),
                owners,
            )
        },
        Line {
            differs: false,
            ..line(
                "Created",
                at(Some(it.first_seen_at)).unwrap_or_default(),
                each(&|s| at(s.claim.as_ref()?.created_at)),
            )
        },
        Line {
            differs: false,
            ..line(
                "Last used",
                used(it.last_used_at, it.usage_reported, false, now),
                each(&|s| {
                    let claim = s.claim.as_ref()?;
                    Some(used(claim.last_used_at, claim.usage_reported, s.stale, now))
                }),
            )
        },
    ]
}

/// So many remarks are shown; the record as JSON has all.
const REMARKS: usize = 60;

/// What else sources tell of it, in their own words. What its rights lead to stands beside them on the page of what it reaches.
fn remarks(sources: &[&Seen]) -> Vec<Line> {
    let notes = |s: &Seen| s.claim.as_ref().map(|claim| claim.notes.clone()).unwrap_or_default();
    let all: Vec<_> = sources.iter().map(|s| notes(s)).collect();
    let elsewhere = |name: &str| OWNERS.contains(&name) || name.starts_with(POWER);
    let names: BTreeSet<_> = all.iter().flat_map(|notes| notes.keys()).filter(|name| !elsewhere(name)).collect();
    let line = |name: &&String| Line {
        title: capital(&visible_line(name)),
        counts: "–".into(),
        says: all.iter().map(|notes| notes.get(*name).map(|words| visible_line(words).into_owned())).collect(),
        differs: false,
    };
    let more = names.len().saturating_sub(REMARKS);
    let rest = (more > 0).then(|| Line {
        title: format!("{more} more"),
        counts: "–".into(),
        says: sources.iter().map(|_| Some("in its record as JSON".to_owned())).collect(),
        differs: false,
    });
    names.iter().take(REMARKS).map(line).chain(rest).collect()
}

/// A source that is stale or does not tell of use says nothing by its silence.
fn used(at: Option<Timestamp>, reported: bool, stale: bool, now: Timestamp) -> String {
    match (at, reported, stale) {
        (Some(at), _, _) => format!("{} ({})", ago(at, now), minutes(at)),
        (None, true, false) => "never, as far as it looks back".into(),
        (None, true, true) => "not known since it was last read".into(),
        (None, false, _) => "not told".into(),
    }
}

fn row(line: Line, heads: &[String]) -> impl IntoView + use<> {
    let differs = line.differs;
    let counts = line.counts.clone();
    let cells = line.says.into_iter().zip(heads.iter().cloned()).map(|(says, head)| {
        let mark = (differs && says.as_ref().is_some_and(|s| *s != counts)).then(|| view! { " "<Tag>"differs"</Tag> });
        let says = says.unwrap_or_else(|| "not said".into());
        view! { <td data-label=head><span class="idn-long">{says}</span>{mark}</td> }
    });
    let cells = cells.collect_view();
    view! { <tr><th scope="row">{line.title}</th><td data-label="Counts here">{line.counts}</td>{cells}</tr> }
}

/// When each last showed it, and whether that is too long ago.
fn states(sources: &[&Seen], heads: &[String], now: Timestamp) -> impl IntoView + use<> {
    let cells = sources.iter().zip(heads.iter().cloned()).map(|(s, head)| {
        let last = s.sighting.last_shown_at(s.source.as_ref().and_then(|source| source.last_sync_at));
        let (state, word) = match (s.sighting.gone_at, s.stale) {
            (Some(at), _) => (State::Unknown, format!("gone {}", ago(at, now))),
            (None, true) => (State::Wait, "stale: what it does not say is not known".to_owned()),
            (None, false) => (State::Allow, "shown".to_owned()),
        };
        view! { <td data-label=head><Mark state word/><span class="idn-sub" title=minutes(last)>{ago(last, now)}</span></td> }
    });
    let cells = cells.collect_view();
    view! { <tr><th scope="row">"Last shown"</th><td data-label="Counts here">"–"</td>{cells}</tr> }
}

/// The forms that make what one source shows an identity of its own.
fn parts(shown: &Shown, sources: &[&Seen], heads: &[String]) -> impl IntoView + use<> {
    let it = &shown.dossier.record.identity;
    let (id, version) = (it.id.to_string(), it.version);
    let cells = sources.iter().zip(heads.iter().cloned()).map(|(s, head)| {
        let action = ServerAction::<Split>::new();
        let (id, sighting, of) = (id.clone(), s.sighting.id.to_string(), format!(" what {head} shows"));
        view! {
            <td data-label=head>
                <details class="idn-mend">
                    <summary>"It is another"<span class="sr">{of}</span></summary>
                    <p class="note">"It becomes an identity of its own with what this source gives it: new, without an owner, grants or keys."</p>
                    <ActionForm action=action>
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="version" value=version/>
                        <input type="hidden" name="sighting" value=sighting/>
                        <div class="actions"><Button>"Split it off"</Button></div>
                    </ActionForm>
                </details>
            </td>
        }
    });
    let cells = cells.collect_view();
    view! { <tr><th scope="row">"Not the same?"</th><td data-label="Counts here">"–"</td>{cells}</tr> }
}
