//! Adding a resource, and saying what one is.
use super::{
    calls::{Add, Change},
    words,
};
use crate::{
    pages::people::datalist,
    parts::{Button, Field, Panel, Select},
};
use governance::{
    person::Person,
    resource::{Kind, Resource, Trust},
};
use leptos::prelude::*;

fn owner_field(people: &[Person], value: String) -> impl IntoView + use<> {
    view! {
        {datalist(people)}
        <div class="field">
            <label for="f-owner">"Owner"</label>
            <input id="f-owner" name="owner" type="email" list="people" value=value autocomplete="off" placeholder="ana@example.com" aria-describedby="f-owner-hint"/>
            <p class="hint" id="f-owner-hint">"Told when its definition changes. Somebody else says that it is trusted."</p>
        </div>
    }
}

fn trusts() -> Vec<(String, String)> {
    [(Trust::Unknown, "Nobody said yet"), (Trust::Trusted, "Trusted"), (Trust::Untrusted, "Not trusted")]
        .map(|(trust, words)| (trust.to_string(), words.to_owned()))
        .to_vec()
}

pub fn add(people: &[Person], open: bool) -> impl IntoView + use<> {
    let action = ServerAction::<Add>::new();
    let kinds = Kind::ALL.iter().map(|kind| (kind.to_string(), words::kind(*kind))).collect();
    let owner = owner_field(people, String::new());
    view! {
        <details class="idn-mend res-add" open=open>
            <summary>"Add a resource"</summary>
            <ActionForm action=action>
                <div class="idn-pair">
                    <Select label="Kind" name="kind" options=kinds/>
                    <Select label="Trust" name="trust" options=trusts()/>
                    <Field label="Type" name="resource_type" required=true placeholder="destination" autocomplete="off" hint="As questions name it; action for a tool that is an action itself"/>
                    <Field label="Id" name="resource_id" required=true placeholder="files.partner.example" autocomplete="off"/>
                </div>
                {owner}
                <div class="actions"><Button>"Add it"</Button></div>
            </ActionForm>
        </details>
    }
}

pub fn change(it: &Resource, people: &[Person], owner: String) -> impl IntoView + use<> {
    let action = ServerAction::<Change>::new();
    let id = it.id.to_string();
    let until = it.trusted_until.map(|at| at.datetime().format("%Y-%m-%d").to_string()).unwrap_or_default();
    let (class, purpose) = (it.data_class.clone().unwrap_or_default(), it.purpose.clone().unwrap_or_default());
    let retention = (it.kind == Kind::MemoryStore).then(|| {
        let days = it.retention_days.map(|days| days.to_string()).unwrap_or_default();
        view! { <Field label="Retention in days" name="retention_days" kind="number" value=days hint="How long it keeps what is put into it"/> }
    });
    let (owner, trust) = (owner_field(people, owner), it.trust.to_string());
    view! {
        <Panel title="Change what it says" id="change" note="Policy reads this in every question that names it, never what the agent says.">
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <div class="idn-pair">
                    <Select label="Trust" name="trust" options=trusts() selected=trust/>
                    <Field label="Trusted until the end of" name="until" kind="date" value=until hint="Empty: without an end"/>
                    <Field label="Data class" name="data_class" value=class placeholder="confidential" autocomplete="off"/>
                    {retention}
                </div>
                {owner}
                <Field label="Purpose" name="purpose" value=purpose autocomplete="off"/>
                <div class="actions"><Button>"Save"</Button></div>
            </ActionForm>
        </Panel>
    }
}
