//! What it works for: its tasks, opening one, and closing one, which ends all that was allowed for it.
use super::{
    calls::{CloseTask, OpenTask},
    form::{Lines, Mend},
    record::Shown,
};
use crate::parts::{Button, Column, Mark, Select, State, Table, Time};
use governance::{
    identity::Kind,
    task::{Status, Task},
    text::visible_line,
};
use leptos::prelude::*;

/// How long a task may be opened for: as the engine reads it, and in words.
const LENGTHS: [(&str, &str); 6] =
    [("1h", "1 hour"), ("4h", "4 hours"), ("8h", "8 hours"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days")];

pub fn tasks(shown: &Shown) -> impl IntoView + use<> {
    let all = &shown.dossier.tasks;
    let opens = shown.tasks && shown.dossier.record.identity.kind == Kind::Agent;
    if all.is_empty() && !opens {
        return ().into_any();
    }
    let rows = all.iter().map(|task| row(shown, task)).collect_view();
    let columns = ["Task", "Purpose", "Covers", "State", "Until", "End it early"].map(Column::text).to_vec();
    let table = match all.is_empty() {
        true => view! { <p class="note">"None yet. What is allowed for a task ends with it."</p> }.into_any(),
        false => view! { <Table caption="Tasks, newest first" columns>{rows}</Table> }.into_any(),
    };
    let form = opens.then(|| view! { <div class="panel idn-open">{open(shown)}</div> });
    view! {
        <section class="idn-section" id="tasks" aria-labelledby="tasks-title">
            <header class="idn-section-head"><h2 id="tasks-title">"Tasks"</h2></header>
            {table}
            {form}
        </section>
    }
    .into_any()
}

fn row(shown: &Shown, task: &Task) -> impl IntoView + use<> {
    let now = shown.now;
    let name = visible_line(&task.reference).into_owned();
    let reference = match task.link.clone() {
        Some(link) => view! { <a href=link rel="noreferrer">{name.clone()}</a> }.into_any(),
        None => view! { {name.clone()} }.into_any(),
    };
    let tools: Vec<_> = task.tools.iter().map(|tool| visible_line(tool).into_owned()).collect();
    let covers = match tools.is_empty() {
        true => "any action".to_owned(),
        false => tools.join(", "),
    };
    let holds = task.holds(now);
    let (state, word) = match task.status {
        Status::Open if holds => (State::Allow, "Open"),
        Status::Closed => (State::Unknown, "Closed"),
        Status::Open | Status::Ended => (State::Unknown, "Over"),
    };
    let at = task.ended_at.unwrap_or(task.ends_at);
    let close = (shown.tasks && holds).then(|| {
        let action = ServerAction::<CloseTask>::new();
        let (id, reference) = (shown.id(), task.reference.clone());
        let field = format!("f-close-{}", task.id);
        view! {
            <details class="idn-mend idn-close">
                <summary>"Close "{name}</summary>
                <ActionForm action=action>
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="reference" value=reference/>
                    <div class="field">
                        <label for=field.clone()>"Why (recorded)"</label>
                        <input id=field name="reason" type="text" required=true maxlength="1000" autocomplete="off"/>
                    </div>
                    <div class="actions"><Button>"Close it now"</Button></div>
                </ActionForm>
            </details>
        }
        .into_any()
    });
    view! {
        <tr>
            <th scope="row">{reference}</th>
            <td data-label="Purpose">{visible_line(&task.purpose).into_owned()}</td>
            <td data-label="Covers">{covers}</td>
            <td data-label="State"><Mark state word/></td>
            <td data-label="Until"><Time at now/></td>
            <td data-label="End it early">{close.unwrap_or_else(|| view! { "–" }.into_any())}</td>
        </tr>
    }
}

fn open(shown: &Shown) -> impl IntoView + use<> {
    let action = ServerAction::<OpenTask>::new();
    let id = shown.id();
    let lengths = LENGTHS.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! {
        <Mend title="Open a task">
            <ActionForm action=action>
                <input type="hidden" name="id" value=id/>
                <div class="idn-pair">
                    <div class="field">
                        <label for="f-reference">"Reference"</label>
                        <input id="f-reference" name="reference" type="text" required=true maxlength="128" autocomplete="off" aria-describedby="f-reference-hint"/>
                        <p class="hint" id="f-reference-hint">"As the ticket is called; the agent names it when it asks"</p>
                    </div>
                    <Select label="Lasts at most" name="length" options=lengths selected="8h"/>
                </div>
                <div class="field">
                    <label for="f-task-purpose">"What it is to achieve"</label>
                    <input id="f-task-purpose" name="purpose" type="text" required=true maxlength="500" autocomplete="off"/>
                </div>
                <Lines label="Actions it covers" name="task_tools" value="" hint="One a line, such as crm.read; none: any"/>
                <Lines label="Data it may touch" name="task_data" value="" hint="One class a line, such as customer"/>
                <div class="field">
                    <label for="f-link">"Where the ticket is"</label>
                    <input id="f-link" name="link" type="url" maxlength="2000" autocomplete="off"/>
                </div>
                <div class="actions"><Button>"Open the task"</Button></div>
            </ActionForm>
        </Mend>
    }
}
