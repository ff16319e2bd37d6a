//! Who answers for it: named, and asked.
use super::{
    calls::{Attest, Own},
    form::{Mend, about},
    record::{self, Shown},
};
use crate::{
    pages::people,
    parts::{Button, Fact, Facts, State, ago, minutes},
};
use governance::{
    attestation::Answer,
    person::{Person, Status},
    text::visible_line,
};
use leptos::prelude::*;

fn person_fact(person: Option<&Person>, role: &str, missing: &str) -> Fact {
    match person {
        Some(p) => Fact {
            state: (p.status != Status::Active).then(|| (State::Deny, super::words::capital(p.status.as_str()))),
            source: Some(p.email.clone()),
            ..Fact::new(role, visible_line(&p.name).into_owned())
        },
        None => Fact { state: Some((State::Unknown, missing.into())), ..Fact::new(role, "") },
    }
}

pub fn block(shown: &Shown) -> impl IntoView + use<> {
    let r = &shown.dossier.record;
    let mut facts = vec![
        person_fact(r.owner.owner.as_ref(), "Owner", "Nobody"),
        person_fact(r.owner.backup.as_ref(), "Backup owner", "Nobody"),
    ];
    facts.push(match &r.owner.team {
        Some(team) => Fact::new("Team", visible_line(team).into_owned()),
        None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("Team", "") },
    });
    facts.push(match (r.owner.attested_at, shown.dossier.attestations.first()) {
        (Some(at), Some(last)) => {
            let by = format!("by {}, {}", visible_line(&last.by), minutes(at));
            Fact { source: Some(by), ..Fact::new("Last attested", ago(at, shown.now)) }
        }
        (Some(at), None) => Fact { source: Some(minutes(at)), ..Fact::new("Last attested", ago(at, shown.now)) },
        (None, _) => Fact { state: Some((State::Unknown, "Never".into())), ..Fact::new("Last attested", "") },
    });
    let mend = view! {
        {shown.owns.then(|| answer(shown))}
        {shown.mends.then(|| assign(shown))}
    };
    record::block("owner", "Owner", (&r.owner.gaps, shown.mends), view! { <Facts facts/> }, mend)
}

fn assign(shown: &Shown) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<Own>::new();
    let o = &shown.dossier.record.owner;
    let mail = |p: &Option<Person>| p.as_ref().map(|p| p.email.clone()).unwrap_or_default();
    let (mut owner, backup) = (mail(&o.owner), mail(&o.backup));
    if let Some(likeliest) = shown.successors.first() {
        owner.clone_from(&likeliest.email);
    }
    let proposed = proposed(shown);
    let title = if o.owner.is_none() { "Assign an owner" } else { "Change owners" };
    let production = shown.dossier.record.identity.environment == Some(governance::identity::Environment::Production);
    let hint = if production { "Production asks for one" } else { "Steps in when the owner leaves" };
    let offered = people::datalist(&shown.people);
    view! {
        <Mend title open=o.owner.is_none() || !shown.successors.is_empty()>
            <ActionForm action=action>
                {about}
                {proposed}
                {offered}
                <div class="idn-pair">
                    <div class="field">
                        <label for="f-owner">"Owner"</label>
                        <input id="f-owner" name="owner" type="email" list="people" value=owner required=true autocomplete="off" placeholder="ana@example.com"/>
                    </div>
                    <div class="field">
                        <label for="f-backup">"Backup owner"</label>
                        <input id="f-backup" name="backup" type="email" list="people" value=backup required=production autocomplete="off" aria-describedby="f-backup-hint"/>
                        <p class="hint" id="f-backup-hint">{hint}</p>
                    </div>
                </div>
                <div class="actions"><Button>"Save owners"</Button></div>
            </ActionForm>
        </Mend>
    }
}

/// Who could answer for it, each with the reasons; the likeliest stands in the field already.
fn proposed(shown: &Shown) -> Option<impl IntoView + use<>> {
    (!shown.successors.is_empty()).then(|| {
        view! { <p class="note">"Who has had to do with it, the likeliest first:"</p>{people::successors(&shown.successors)} }
    })
}

/// No answer is chosen beforehand, and none weighs more than another.
fn answer(shown: &Shown) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<Attest>::new();
    let buttons = Answer::ALL.iter().map(|a| view! { <Button name="answer" value=a.as_str()>{a.label()}</Button> });
    let open = shown.dossier.record.owner.attested_at.is_none();
    view! {
        <Mend title="Answer for it" open=open>
            <ActionForm action=action>
                // pressing Enter in the field answers nothing
                <button type="submit" disabled hidden aria-hidden="true"></button>
                {about}
                <p class="note">"You answer for this identity. Keep says that it is yours and still needed; not mine takes you off it; retire ends what is permitted to it, at once."</p>
                <div class="field">
                    <label for="f-note">"Note (recorded, optional)"</label>
                    <input id="f-note" name="note" type="text" maxlength="1000" autocomplete="off"/>
                </div>
                <div class="actions">{buttons.collect_view()}</div>
            </ActionForm>
        </Mend>
    }
}
