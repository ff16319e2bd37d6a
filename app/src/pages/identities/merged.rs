//! What stands above a record that was merged, or that may be one with another.
use super::{record::Shown, words::many};
use crate::pages::matches::calls::Unmerge;
use crate::{
    parts::{Banner, Button, State, ago},
    paths,
};
use governance::{matching::Merge, text::visible_line};
use leptos::prelude::*;

/// Where it went; what it took over; what it may be one with.
pub fn banners(shown: &Shown) -> impl IntoView + use<> {
    let record = &shown.dossier.record;
    let into = record.merged_into().map(|m| went(m, shown));
    let id = record.identity.id;
    let took = record.merges.iter().filter(|m| m.kept == id && m.undone_at.is_none()).map(|m| took(m, shown));
    let took = took.collect_view();
    let alike = (shown.alike > 0).then(|| {
        let href = format!("{}?identity={id}", paths::MATCHES);
        let title = match shown.alike {
            1 => "Another identity may be the same.".to_owned(),
            n => format!("{} may be the same.", many(n, "other identity", "other identities")),
        };
        view! { <Banner state=State::Unknown title><a href=href>"Same identity?"</a></Banner> }
    });
    view! { {into}{took}{alike} }
}

fn went(m: &Merge, shown: &Shown) -> impl IntoView + use<> {
    let (name, href) = (visible_line(&m.kept_name).into_owned(), paths::identity(&m.kept.to_string()));
    let title = format!("Merged {} by {}.", ago(m.at, shown.now), shown.name(&m.by));
    let undo = shown.mends.then(|| undo(m));
    view! { <Banner state=State::Unknown title>"What its sources show is part of "<a href=href>{name}</a>". Its own history stays here."{undo}</Banner> }
}

fn took(m: &Merge, shown: &Shown) -> impl IntoView + use<> {
    let (name, href) = (visible_line(&m.name).into_owned(), paths::identity(&m.identity.to_string()));
    let title = format!("It took over another identity {}.", ago(m.at, shown.now));
    let undo = shown.mends.then(|| undo(m));
    view! { <Banner state=State::Unknown title>"What was "<a href=href>{name}</a>" is part of it; the history up to then stands there."{undo}</Banner> }
}

fn undo(m: &Merge) -> impl IntoView + use<> {
    let action = ServerAction::<Unmerge>::new();
    let id = m.identity.to_string();
    let of = format!(" of {}", visible_line(&m.name));
    view! {
        <ActionForm action=action>
            <input type="hidden" name="id" value=id/>
            <div class="actions"><Button>"Undo the merge"<span class="sr">{of}</span></Button></div>
        </ActionForm>
    }
}
