//! What people stopped, and the stop control.
use super::{calls::StopAll, show::Found};
use crate::{
    pages::identities::words::{capital, who},
    parts::{Button, Column, Field, Mark, Select, State, Table, TextArea, Time},
    paths,
};
use governance::{revocation::Summary, text::visible_line};
use leptos::prelude::*;

pub fn now(found: &Found) -> impl IntoView + use<> {
    if found.stopped.is_empty() {
        return ().into_any();
    }
    let rows = found.stopped.iter().map(|r| line(r, found)).collect_view();
    let columns = ["What is stopped", "Since", "By", "Why", "Elsewhere", "Undoing"].map(Column::text).to_vec();
    view! {
        <section class="ctn-section" aria-labelledby="stopped-title">
            <h2 id="stopped-title">"Stopped now"</h2>
            <Table caption="Revocations in force, newest first" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

pub fn before(found: &Found) -> impl IntoView + use<> {
    if found.before.is_empty() {
        return ().into_any();
    }
    let rows = found.before.iter().map(|r| line(r, found)).collect_view();
    let columns = ["What was stopped", "When", "By", "Why", "Elsewhere", "Undoing"].map(Column::text).to_vec();
    view! {
        <section class="ctn-section" aria-labelledby="before-title">
            <h2 id="before-title">"Earlier"</h2>
            <Table caption="Revocations that stop nothing any more" columns>{rows}</Table>
        </section>
    }
    .into_any()
}

/// The name of what was revoked.
fn target(r: &Summary) -> String {
    match (&r.target_name, r.target_kind.as_str()) {
        (Some(name), "owner") => format!("All that {} owns", visible_line(name)),
        (Some(name), "source") => format!("All of {}", visible_line(name)),
        (Some(name), _) => visible_line(name).into_owned(),
        (None, "everything") => "Everything".into(),
        (None, "tool") => format!("The action {}", visible_line(&r.target_id)),
        (None, kind) => format!("{} {}", capital(kind), r.target_id.chars().take(12).collect::<String>()),
    }
}

fn line(r: &Summary, found: &Found) -> impl IntoView + use<> {
    let (now, href) = (found.now, paths::revocation(&r.id.to_string()));
    let by = r.by_name.as_ref().map_or_else(|| who(&r.by), |name| visible_line(name).into_owned());
    let live = match r.live {
        0 => view! { "–" }.into_any(),
        n => view! { <Mark state=State::Wait word=format!("{n} still live")/> }.into_any(),
    };
    let undoing = match (r.undone_at, r.undo_begun, r.in_force) {
        (Some(at), _, _) => view! { "undone "<Time at now/> }.into_any(),
        (None, true, _) => view! { <Mark state=State::Wait word="Waits for a second person"/> }.into_any(),
        (None, false, true) => view! { "takes two people" }.into_any(),
        (None, false, false) => view! { "–" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{target(r)}</a></th>
            <td data-label="Since"><Time at=r.at now/></td>
            <td data-label="By">{by}</td>
            <td data-label="Why" class="ctn-why">{visible_line(&r.reason).into_owned()}</td>
            <td data-label="Elsewhere">{live}</td>
            <td data-label="Undoing">{undoing}</td>
        </tr>
    }
}

/// For more than one identity; one is stopped on its own page.
pub fn stop(found: &Found) -> impl IntoView + use<> {
    if !found.stops {
        return ().into_any();
    }
    let action = ServerAction::<StopAll>::new();
    let kinds = [
        ("tool", "One action, whoever asks for it"),
        ("owner", "All that one person owns"),
        ("source", "All of one source"),
        ("everything", "Everything"),
    ];
    let kinds = kinds.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! {
        <section class="ctn-section" id="stop" aria-labelledby="stop-title">
            <h2 id="stop-title">"Stop"</h2>
            <p class="note">"At once, for what asks us or redeems; what is still live elsewhere is listed with the command that ends it. One identity is stopped on its own page."</p>
            <details class="panel ctn-form">
                <summary>"Stop more than one identity"</summary>
                <ActionForm action=action>
                    <Select label="What" name="kind" options=kinds selected="tool" required=true/>
                    <Field label="Which" name="which" autocomplete="off" hint="The action's name, the person's e-mail, the source's name; nothing for everything"/>
                    <TextArea label="Why (recorded)" name="reason" rows=2 required=true/>
                    <div class="actions">
                        <Button>"Stop it now"</Button>
                        <p class="note">"One person is enough. Undoing it takes two."</p>
                    </div>
                </ActionForm>
            </details>
        </section>
    }
    .into_any()
}
