//! What it is for and may reach; what of that it uses.
use super::{
    calls::Scope,
    form::{Lines, Mend, about},
    record::{self, Shown},
    words::{capital, many},
};
use crate::parts::{Bar100, Bars, Button, Fact, Facts, Select, State, count};
use governance::{
    identity::{Boundary, Environment},
    text::visible_line,
};
use leptos::prelude::*;

fn list(name: &str, entries: &[String]) -> Fact {
    if entries.is_empty() {
        return Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new(name, "") };
    }
    let shown: Vec<_> = entries.iter().map(|e| visible_line(e).into_owned()).collect();
    Fact::new(name, shown.join(", "))
}

pub fn block(shown: &Shown) -> impl IntoView + use<> {
    let r = &shown.dossier.record;
    let boundary = r.scope.boundary.clone().unwrap_or_default();
    let purpose = match &r.scope.purpose {
        Some(purpose) => Fact::new("Purpose", visible_line(purpose).into_owned()),
        None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("Purpose", "") },
    };
    let facts = vec![
        purpose,
        list("Systems", &boundary.systems),
        list("Tools", &boundary.tools),
        list("Data classes", &boundary.data_classes),
    ];
    let known = view! { <Facts facts/> {usage(shown)} };
    let mend = shown.mends.then(|| edit(shown, &boundary));
    record::block("scope", "Scope", (&r.scope.gaps, shown.mends), known, mend)
}

/// Granted, used and what nobody knows, as one bar.
fn usage(shown: &Shown) -> impl IntoView + use<> {
    let s = &shown.dossier.record.scope;
    if s.entitlements == 0 {
        let from = if shown.dossier.record.monitoring.sources.is_empty() {
            "No source shows it."
        } else {
            "Its sources show none."
        };
        return view! { <p class="note idn-usage">"No entitlements known. "{from}</p> }.into_any();
    }
    #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
    let parts = vec![s.used_90d as f64, s.unused_90d as f64, s.use_unknown as f64];
    let n = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let legend = vec![
        format!("Used in 90 days {}", n(s.used_90d)),
        format!("Unused {}", n(s.unused_90d)),
        format!("Source does not say {}", n(s.use_unknown)),
    ];
    let end = if s.administrative > 0 { format!("{} administrative", n(s.administrative)) } else { String::new() };
    let bars = vec![Bars {
        name: format!("{} granted", many(s.entitlements, "entitlement", "entitlements")),
        href: Some("#entitlements".into()),
        parts,
        end,
    }];
    view! { <div class="idn-usage"><Bar100 legend bars/></div> }.into_any()
}

fn edit(shown: &Shown, boundary: &Boundary) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<Scope>::new();
    let it = &shown.dossier.record.identity;
    let mut environments = vec![(String::new(), "Not said".to_owned())];
    environments.extend(Environment::ALL.iter().map(|e| (e.to_string(), capital(e.as_str()))));
    let environment = it.environment.map_or("", |e| e.as_str());
    let (purpose, team) = (it.purpose.clone().unwrap_or_default(), it.team.clone().unwrap_or_default());
    let joined = |list: &[String]| list.join("\n");
    let (systems, tools, data) = (joined(&boundary.systems), joined(&boundary.tools), joined(&boundary.data_classes));
    view! {
        <Mend title="Describe its scope">
            <ActionForm action=action>
                {about}
                <Lines label="Purpose" name="purpose" value=purpose/>
                <div class="idn-pair">
                    <Select label="Environment" name="environment" options=environments selected=environment/>
                    <div class="field">
                        <label for="f-team">"Team"</label>
                        <input id="f-team" name="team" type="text" value=team maxlength="256" autocomplete="off"/>
                    </div>
                </div>
                <Lines label="Systems" name="systems" value=systems hint="One a line, such as stripe or crm"/>
                <Lines label="Tools" name="tools" value=tools hint="One a line, such as refund.create"/>
                <Lines label="Data classes" name="data_classes" value=data hint="One a line, such as payment or personal"/>
                <div class="actions"><Button>"Save scope"</Button></div>
            </ActionForm>
        </Mend>
    }
}
