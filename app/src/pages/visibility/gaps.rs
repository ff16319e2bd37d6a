//! What nobody answers for, the longest open first.
use super::{
    calls::{Assign, Register},
    show::Found,
};
use crate::{
    pages::{
        identities::words::{capital, kind_icon},
        people,
    },
    parts::{Button, Column, Empty, Icon, Mark, Pager, State, Table, Time, ago},
    paths,
};
use governance::{
    engine::gaps::Open,
    sighting::{DUE_DAYS, How},
    text::visible_line,
};
use leptos::prelude::*;

/// What nobody answers for, and the forms to change that.
pub fn section(found: &Found) -> impl IntoView + use<> {
    let body = match found.page.items.is_empty() {
        true => view! { <Empty title="Somebody answers for everything we see" why="Here stands whatever asks without being in the register, and whatever a source shows without an owner."/> }.into_any(),
        false => table(found).into_any(),
    };
    let note = format!(
        "Whatever asks without being in the register is denied; whatever a source shows acts there without asking here. After {DUE_DAYS} days without an owner it is overdue. Who is proposed has had to do with it: it is for an operator to say."
    );
    view! {
        <section class="ctn-section" id="gaps">
            <h2>"What nobody answers for"</h2>
            <p class="note">{note}</p>
            {body}
        </section>
    }
}

fn table(found: &Found) -> impl IntoView + use<> {
    let rows = found.page.items.iter().enumerate().map(|(at, open)| row(at, open, found)).collect_view();
    let columns =
        ["Name", "Known from", "First seen", "Owner due", "Who could answer for it"].map(Column::text).to_vec();
    let next = found.page.next.as_ref().map(|after| format!("{}?after={after}#gaps", paths::VISIBILITY));
    let shown = format!("{} shown, the longest open first", found.page.items.len());
    let first = found.paged.then(|| paths::VISIBILITY.to_owned());
    view! { <Table caption="What nobody answers for" columns>{rows}</Table><Pager shown newer=first older=next newer_word="First" older_word="Next"/> }
}

fn row(at: usize, open: &Open, found: &Found) -> impl IntoView + use<> {
    let gap = &open.gap;
    let name = visible_line(&gap.name).into_owned();
    let named = match gap.how {
        How::Shown => view! { <a href=paths::identity(&gap.id)>{name}</a> }.into_any(),
        How::Asked => name.into_any(),
    };
    let (kind, icon) = (capital(gap.kind.as_str()), kind_icon(gap.kind));
    let from = match (gap.how, &gap.source) {
        (How::Asked, _) => view! { <Mark state=State::Deny word="It asks, unregistered"/> }.into_any(),
        (How::Shown, Some(source)) => visible_line(source).into_owned().into_any(),
        (How::Shown, None) => "the register".into_any(),
    };
    let due = match open.overdue {
        true => {
            view! { <Mark state=State::Deny word=format!("Overdue since {}", ago(open.due_at, found.now))/> }.into_any()
        }
        false => view! { <Mark state=State::Wait word=capital(&ago(open.due_at, found.now))/> }.into_any(),
    };
    let (since, now) = (gap.since, found.now);
    let suggested = suggested(at, open, found.mends);
    view! {
        <tr>
            <th scope="row"><span class="idn-kind"><Icon name=icon/>{named}</span><span class="source vis-kind">{kind}</span></th>
            <td data-label="Known from">{from}</td>
            <td data-label="First seen"><Time at=since now/></td>
            <td data-label="Owner due">{due}</td>
            <td data-label="Who could answer for it" class="vis-who">{suggested}</td>
        </tr>
    }
}

/// Who is proposed and why, and the form to name somebody.
fn suggested(at: usize, open: &Open, mends: bool) -> impl IntoView + use<> {
    let first = open.suggested.first();
    let listed = match first {
        Some(_) => people::successors(&open.suggested).into_any(),
        None => view! { <p class="note">"Nobody we know of has had to do with it."</p> }.into_any(),
    };
    let mend = mends.then(|| {
        let mail = first.map(|s| s.email.clone()).unwrap_or_default();
        let field = format!("f-owner-{at}");
        let owner = view! {
            <div class="field">
                <label for=field.clone()>"Owner"</label>
                <input id=field name="owner" type="email" value=mail required=true autocomplete="off" placeholder="ana@example.com"/>
            </div>
        };
        let (id, kind, name) = (open.gap.id.clone(), open.gap.kind.to_string(), open.gap.name.clone());
        let form = match open.gap.how {
            How::Shown => {
                let action = ServerAction::<Assign>::new();
                view! {
                    <ActionForm action=action>
                        <input type="hidden" name="id" value=id/>
                        {owner}
                        <div class="actions"><Button>"Name the owner"</Button></div>
                    </ActionForm>
                }
                .into_any()
            }
            How::Asked => {
                let action = ServerAction::<Register>::new();
                view! {
                    <ActionForm action=action>
                        <input type="hidden" name="kind" value=kind/>
                        <input type="hidden" name="name" value=name/>
                        {owner}
                        <div class="actions"><Button>"Register it"</Button></div>
                    </ActionForm>
                }
                .into_any()
            }
        };
        let title = if open.gap.how == How::Shown { "Name an owner" } else { "Register it" };
        view! { <details class="idn-mend"><summary>{title}</summary>{form}</details> }
    });
    view! { {listed}{mend} }
}
