use super::calls::SetLook;
use crate::{
    look::{Density, Theme},
    parts::{Button, Checkbox, Fact, Facts, Page, Panel, Problems, Select},
    shell::look,
    viewer::Viewer,
};
use leptos::prelude::*;

/// How the console looks, and who one is.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let action = ServerAction::<SetLook>::new();
    let look = look();
    let themes = [(Theme::System, "As the system says"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];
    let densities =
        [(Density::Compact, "Compact"), (Density::Regular, "Regular"), (Density::Comfortable, "Comfortable")];
    let words = |it: &[(&str, &str)]| it.iter().map(|(v, w)| ((*v).to_owned(), (*w).to_owned())).collect::<Vec<_>>();
    view! {
        <Page title="Settings">
            <Problems error=action.value().get_untracked().and_then(Result::err)/>
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
            </div>
        </Page>
    }
}

fn about(viewer: &Viewer) -> Vec<Fact> {
    let roles: Vec<_> = viewer.roles.iter().map(|r| r.as_str().replace('_', " ")).collect();
    vec![
        Fact::new("Name", viewer.name.clone()),
        Fact::new("E-mail", viewer.email.clone()),
        Fact::new("Roles", if roles.is_empty() { "none".into() } else { roles.join(", ") }),
    ]
}
