//! The two forms. Who may not is told so, and gets none; the operation refuses them all the same.
use super::{Assess, OrderPack, choices, home::Home};
use crate::parts::{Banner, Button, Field, Kind, Panel, Select, State};
use governance::assess::{catalogue::Catalogue, plan::plan, thresholds::Local};
use leptos::prelude::*;

fn frameworks(catalogue: &Catalogue) -> Vec<(String, String)> {
    catalogue.frameworks.iter().map(|f| (f.id.clone(), f.name.clone())).collect()
}

/// Runs the tests now: of all frameworks unless one is chosen.
pub fn assess(home: &Home) -> impl IntoView + use<> {
    let note = "Read-only queries over the register, the log and their records.";
    if !home.may_assess {
        return view! { <Panel title="Assess now" note id="assess">{refused("run the control tests")}</Panel> }
            .into_any();
    }
    let action = ServerAction::<Assess>::new();
    let all = plan(&home.catalogue, &Local::default(), None).iter().filter(|p| p.variant.is_empty()).count();
    let mut options = vec![(String::new(), format!("All frameworks, {all} tests"))];
    options.extend(frameworks(&home.catalogue));
    let mut periods = choices::periods(home.now, home.began);
    // what a test calls dormant or unused is so after 90 days
    periods.swap(0, 1);
    view! {
        <Panel title="Assess now" note id="assess">
            <ActionForm action=action>
                {select("assess-framework", "framework", "Framework", options)}
                {select("assess-period", "period", "Period", periods)}
                <div class="actions"><Button>"Assess now"</Button></div>
            </ActionForm>
        </Panel>
    }
    .into_any()
}

/// Two forms of one page may not share an id, so these bring their own.
fn select(id: &'static str, name: &'static str, label: &'static str, options: Vec<(String, String)>) -> impl IntoView {
    let options: Vec<_> =
        options.into_iter().map(|(value, words)| view! { <option value=value>{words}</option> }).collect();
    view! {
        <div class="field"><label for=id>{label}</label><select id=id name=name>{options}</select></div>
    }
}

/// Orders a pack: the server makes it, and its page says how far it is.
pub fn pack(home: &Home) -> impl IntoView + use<> {
    let note = "Results, violating rows, decisions, approvals with the cards as shown, and the log's proofs, signed.";
    if !home.may_make {
        let said = refused("make evidence packs");
        return view! { <Panel title="Make a pack" note id="make-pack">{said}</Panel> }.into_any();
    }
    let action = ServerAction::<OrderPack>::new();
    let (options, periods) = (frameworks(&home.catalogue), choices::periods(home.now, home.began));
    view! {
        <Panel title="Make a pack" note id="make-pack">
            <ActionForm action=action>
                <Select label="Framework" name="framework" options selected="eu-ai-act"/>
                <Select label="Period" name="period" options=periods/>
                <details class="ev-own">
                    <summary>"Days of your own"</summary>
                    <div class="ev-days">
                        <Field label="First day" name="from" kind="date"/>
                        <Field label="Last day" name="to" kind="date"/>
                    </div>
                </details>
                <div class="actions"><Button kind=Kind::Primary>"Make the pack"</Button></div>
            </ActionForm>
        </Panel>
    }
    .into_any()
}

fn refused(what: &str) -> impl IntoView + use<> {
    let title = format!("You may not {what}.");
    view! { <Banner state=State::Unknown title>"It takes one of the roles auditor, operator or admin."</Banner> }
}
