use super::calls::{RevokeKey, SetLook, Unseal, notice_fares};
use crate::{
    look::{Density, Theme},
    parts::{Button, Checkbox, Fact, Facts, Page, Panel, Problems, Select, count},
    shell::look,
    viewer::Viewer,
};
use governance::notice::{Channel, Fares};
use leptos::prelude::*;

/// How the console looks, and who one is.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let action = ServerAction::<SetLook>::new();
    let fares = Resource::new(|| (), |()| notice_fares());
    let revoked = ServerAction::<RevokeKey>::new().value().get_untracked();
    let unsealed = ServerAction::<Unseal>::new().value().get_untracked();
    let refused = revoked.or(unsealed).and_then(Result::err);
    let look = look();
    let themes = [(Theme::System, "As the system says"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];
    let densities =
        [(Density::Compact, "Compact"), (Density::Regular, "Regular"), (Density::Comfortable, "Comfortable")];
    let words = |it: &[(&str, &str)]| it.iter().map(|(v, w)| ((*v).to_owned(), (*w).to_owned())).collect::<Vec<_>>();
    view! {
        <Page title="Settings">
            <Problems error=action.value().get_untracked().and_then(Result::err).or(refused)/>
            <Seal/>
            <div class="columns">
                <Panel title="Appearance" note="Kept in this browser.">
                    <ActionForm action=action>
                        <Select label="Theme" name="theme" options=words(&themes.map(|(v, w)| (v.as_str(), w))) selected=look.theme.as_str()/>
                        <Select label="Density" name="density" options=words(&densities.map(|(v, w)| (v.as_str(), w))) selected=look.density.as_str()/>
                        <Checkbox label="Single keys act" name="keys" checked=look.keys hint="j, k, t, ? and the others; never while you type"/>
                        <div class="actions"><Button>"Save"</Button></div>
                    </ActionForm>
                </Panel>
                {use_context::<Viewer>().map(|viewer| view! { <Panel title="You"><Facts facts=about(&viewer)/></Panel> })}
                <Panel title="Notices" note="The last 24 hours. Where they go is said when the server is started.">
                    <Suspense>
                        {move || Suspend::new(async move {
                            match fares.await {
                                Err(e) => view! { <Problems error=Some(e)/> }.into_any(),
                                Ok(fares) => told(&fares).into_any(),
                            }
                        })}
                    </Suspense>
                </Panel>
            </div>
            <Access/>
        </Page>
    }
}

fn told(fares: &[Fares]) -> impl IntoView + use<> {
    if fares.is_empty() {
        return view! {
            <p>
                "Nobody was told of anything yet: start the server with " <code>"--webhook-url"</code> " or "
                <code>"--smtp-url"</code> ", and whoever can decide hears of what waits."
            </p>
        }
        .into_any();
    }
    let fact = |f: &Fares| {
        let name = match f.channel {
            Channel::Webhook => "Webhook",
            Channel::Mail => "Mail",
            Channel::Callback => "Callbacks of requesters",
        };
        let last = f
            .last_sent_at
            .map_or_else(|| "none ever".into(), |at| at.datetime().format("%Y-%m-%d %H:%M UTC").to_string());
        let value =
            format!("{} arrived, {} wait, {} given up; last {last}", count(f.sent), count(f.waiting), count(f.failed));
        Fact::new(name, value)
    };
    view! { <Facts facts=fares.iter().map(fact).collect()/> }.into_any()
}

/// What is sealed, while anything is.
#[component]
fn Seal() -> impl IntoView {
    #[cfg(feature = "ssr")]
    Suspend::new(async move { super::sealed::section().await })
}

/// People and keys, for those who may change them.
#[component]
fn Access() -> impl IntoView {
    #[cfg(feature = "ssr")]
    Suspend::new(async move { super::access::sections().await })
}

fn about(viewer: &Viewer) -> Vec<Fact> {
    let roles: Vec<_> = viewer.roles.iter().map(|r| r.as_str().replace('_', " ")).collect();
    vec![
        Fact::new("Name", viewer.name.clone()),
        Fact::new("E-mail", viewer.email.clone()),
        Fact::new("Roles", if roles.is_empty() { "none".into() } else { roles.join(", ") }),
    ]
}
