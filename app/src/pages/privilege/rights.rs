//! The three sets, and every right with its path.
use crate::{
    pages::identities::words::{capital, many, since},
    parts::{Bar100, Bars, Column, Mark, State, Table, count},
};
use governance::{
    entitlement::{Privilege, Use},
    privilege::reach::{Reach, Right},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

/// Rights shown; the file has all.
const SHOWN: usize = 100;

pub fn sets(reach: &Reach, days: i64) -> impl IntoView + use<> {
    let sets = reach.sets();
    if sets.granted == 0 {
        return view! { <p class="note">"It shows no right of this one."</p> }.into_any();
    }
    #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
    let parts = vec![sets.used as f64, sets.excess as f64, sets.unknown as f64];
    let n = |n: usize| count(i64::try_from(n).unwrap_or(i64::MAX));
    let legend = vec![
        format!("Used in {days} days {}", n(sets.used)),
        format!("Unused {}", n(sets.excess)),
        format!("Source does not say {}", n(sets.unknown)),
    ];
    let bars = vec![Bars {
        name: format!("{} granted", many(sets.granted, "right", "rights")),
        href: None,
        parts,
        end: String::new(),
    }];
    view! { <div class="idn-usage"><Bar100 legend bars/></div> }.into_any()
}

pub fn table(reach: &Reach, now: Timestamp) -> impl IntoView + use<> {
    if reach.rights.is_empty() {
        return ().into_any();
    }
    let total = reach.rights.len();
    let rows = reach.rights.iter().take(SHOWN).map(|r| row(r, now)).collect_view();
    let columns = ["Right", "On", "Power", "Used", "What is left of it"].map(Column::text).to_vec();
    let more = (total > SHOWN)
        .then(|| format!("{SHOWN} of {} shown, most power first; the file has all", many(total, "right", "rights")));
    view! {
        <h3>"Every right, and the path that gives it"</h3>
        <Table caption="Rights" columns>{rows}</Table>
        {more.map(|text| view! { <p class="note">{text}</p> })}
    }
    .into_any()
}

fn row(right: &Right, now: Timestamp) -> impl IntoView + use<> {
    let on = if right.resource == "*" { "everything".into() } else { visible_line(&right.resource).into_owned() };
    let via = format!("by {}", visible_line(&right.via));
    let power = match right.privilege {
        Privilege::Administrative => {
            view! { <Mark state=State::Deny word=capital(right.privilege.as_str())/> }.into_any()
        }
        Privilege::PermissionsManagement => {
            view! { <Mark state=State::Wait word=capital(right.privilege.as_str())/> }.into_any()
        }
        other => capital(other.as_str()).into_any(),
    };
    let used = match right.used {
        Use::Used(at) => since(at, now),
        Use::Unused(Some(at)) => format!("not since {}", crate::pages::identities::words::day(at)),
        Use::Unused(None) => "never used".into(),
        Use::Unknown => "source does not say".into(),
    };
    let left = match (&right.nothing, right.less.as_slice()) {
        (Some(why), _) => view! { <Mark state=State::Allow word="Nothing"/><span class="idn-sub">{visible_line(why).into_owned()}</span> }.into_any(),
        (None, []) => "all of it".into_any(),
        (None, less) => {
            let less = less.iter().map(|l| visible_line(l).into_owned()).collect::<Vec<_>>().join(", ");
            view! { "less "{less} }.into_any()
        }
    };
    let risks = (!right.risks.is_empty()).then(|| {
        let words = right.risks.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ");
        view! { <span class="idn-sub">{words}</span> }
    });
    let ends = (!right.standing).then(|| view! { <span class="idn-sub">"has an end"</span> });
    view! {
        <tr>
            <th scope="row"><code>{visible_line(&right.action).into_owned()}</code><span class="idn-sub">{via}</span></th>
            <td data-label="On"><code class="idn-long">{on}</code></td>
            <td data-label="Power">{power}{risks}{ends}</td>
            <td data-label="Used">{used}</td>
            <td data-label="What is left of it">{left}</td>
        </tr>
    }
}
