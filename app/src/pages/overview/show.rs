use super::calls::overview_get;
use crate::{
    parts::{Bar100, Bars, Column, Figure, Figures, Heatmap, Line, Page, Plot, Problems, Series, count, day},
    paths,
};
use governance::overview::{Overview, Share};
use leptos::prelude::*;

/// Are we in control? Three numbers first, then plots of the last 30 days.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let found = Resource::new(|| (), |()| overview_get());
    view! {
        <Page title="Overview" lead="The last 30 days, UTC">
            <Suspense>
                {move || Suspend::new(async move {
                    match found.await {
                        Err(e) => view! { <Problems error=Some(e)/> }.into_any(),
                        Ok(o) => overview(o).into_any(),
                    }
                })}
            </Suspense>
        </Page>
    }
}

/// `1 path`, `2 paths`.
fn many(n: i64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

fn of(share: Share) -> String {
    format!("{} of {}", count(share.part), count(share.whole))
}

fn overview(o: Overview) -> impl IntoView {
    let own = if o.attributable_self.whole == 0 {
        "no action was reported by agents themselves".to_owned()
    } else {
        format!("{} by the agents' own word, which never counts alone", of(o.attributable_self))
    };
    let revocation =
        if o.revocations == 0 { "nothing revoked yet".into() } else { format!("{} later", count(o.permits_after)) };
    let elsewhere = if o.paths_live == 0 {
        "no path elsewhere is open".to_owned()
    } else {
        format!("{} elsewhere still live: not measured", many(o.paths_live, "path"))
    };
    view! {
        <Figures>
            <Figure name="Attributable" value=o.attributable.words() note=format!("{} actions gateways saw, tied to an identity, a person or trigger, and a rule; {own}", of(o.attributable))/>
            <Figure name="Within scope" value=o.within_scope.words() note=format!("{} reported actions that policy permits; {} identities have a documented boundary", of(o.within_scope), of(o.bounded))/>
            <Figure name="Permits after a revocation" value=revocation note=format!("{} here, each in the commit that made it; {elsewhere}", many(o.revocations, "revocation"))/>
        </Figures>
        <Figures>
            <Figure name="Waiting for a person" value=count(o.waiting) href="/inbox"/>
            <Figure name="Identities" value=count(o.identities) note=format!("{} owned, {} with a backup, {} attested", count(o.owned), count(o.backed), count(o.attested)) href="/identities"/>
            <Figure name="Standing entitlements" value=count(o.standing) note="no end date"/>
            <Figure name="Open findings" value=count(o.findings) href="/identities?finding=open"/>
        </Figures>
        <div class="plots">
            {answers(o.clone())}
            {denied(o.clone())}
            {usage(o.clone())}
            {funnel(o.clone())}
            {latency(o.clone())}
        </div>
    }
}

fn answers(o: Overview) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "counts of a day, drawn a few hundred pixels high")]
    let series = |name: &str, f: fn(&governance::overview::Day) -> i64| Series {
        name: name.into(),
        values: o.days.iter().map(|d| Some(f(d) as f64)).collect(),
    };
    let total = |f: fn(&governance::overview::Day) -> i64| o.days.iter().map(f).sum::<i64>();
    let (permits, escalations, denials) = (total(|d| d.permit), total(|d| d.escalate), total(|d| d.deny));
    let sentence = format!("{permits} permitted, {escalations} escalated and {denials} denied in 30 days");
    let rows = o
        .days
        .iter()
        .rev()
        .filter(|d| d.permit + d.deny + d.escalate > 0)
        .map(|d| vec![day(d.day), count(d.permit), count(d.escalate), count(d.deny)]);
    let columns =
        vec![Column::text("Day"), Column::number("Permit"), Column::number("Escalate"), Column::number("Deny")];
    let ends = vec![
        format!("Permit {}", count(permits)),
        format!("Escalate {}", count(escalations)),
        format!("Deny {}", count(denials)),
    ];
    let lines = vec![series("Permit", |d| d.permit), series("Escalate", |d| d.escalate), series("Deny", |d| d.deny)];
    let x: Vec<String> = o.days.iter().map(|d| day(d.day)).collect();
    let rows = rows.collect();
    view! {
        <Plot title="What do agents ask, and what do we answer?" note="Decisions by day" sentence columns rows csv="/overview/answers.csv" more=(paths::ACTIVITY.to_owned(), "All decisions".to_owned())>
            <Line x series=lines ends format=|v| format!("{v:.0}")/>
        </Plot>
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn denied(o: Overview) -> impl IntoView {
    let total: i64 = o.denied.iter().flatten().sum();
    let hours: Vec<String> = (0..24).map(|h| format!("{h:02}")).collect();
    let rows = o.denied.iter().zip(WEEKDAYS).map(|(line, day)| {
        let peak = line.iter().enumerate().max_by_key(|(_, n)| **n).filter(|(_, n)| **n > 0);
        vec![
            day.to_owned(),
            count(line.iter().sum()),
            peak.map_or_else(|| "–".into(), |(h, n)| format!("{h:02}:00 ({n})")),
        ]
    });
    let columns = vec![Column::text("Day"), Column::number("Denied"), Column::number("Peak hour")];
    let rows = rows.collect();
    let values = o.denied.clone();
    view! {
        <Plot title="When do agents step outside their scope?" note="Denied questions by weekday and hour" sentence=format!("{total} questions denied in 30 days") columns rows csv="/overview/denied.csv" more=(format!("{}?outcome=deny", paths::ACTIVITY), "Denied questions".to_owned())>
            <Heatmap rows=WEEKDAYS.map(str::to_owned).to_vec() columns=hours values unit="denied"/>
        </Plot>
    }
}

fn usage(o: Overview) -> impl IntoView {
    let bars = o.usage.iter().map(|u| {
        let all = u.used + u.unused + u.unsaid;
        #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
        let parts = vec![u.used as f64, u.unused as f64, u.unsaid as f64];
        Bars {
            name: u.kind.replace('_', " "),
            href: Some(format!("/identities?kind={}", u.kind)),
            parts,
            end: format!("{} unused", Share { part: u.unused, whole: all }.words()),
        }
    });
    let rows = o.usage.iter().map(|u| vec![u.kind.replace('_', " "), count(u.used), count(u.unused), count(u.unsaid)]);
    let columns = vec![
        Column::text("Kind"),
        Column::number("Used"),
        Column::number("Unused"),
        Column::number("Source does not say"),
    ];
    let legend = ["Used in 90 days", "Unused", "Source does not say"].map(str::to_owned).to_vec();
    let (rows, bars) = (rows.collect(), bars.collect());
    view! {
        <Plot title="How much granted access is never used?" note="Entitlements by kind of identity, 90 days" sentence=format!("Entitlements of {} kinds of identity by use", o.usage.len()) columns rows csv="/overview/usage.csv" readable=true>
            <Bar100 legend bars/>
        </Plot>
    }
}

fn latency(o: Overview) -> impl IntoView {
    let longest = |us: i64| match us {
        0 => "none after it".to_owned(),
        1..1_000_000 => "longest under 1 s".to_owned(),
        us => format!("longest {}", crate::parts::span(chrono::TimeDelta::microseconds(us))),
    };
    let bars = o.latency.iter().map(|l| {
        #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
        let parts = vec![l.none as f64, l.used as f64, l.unmeasured as f64];
        let end = if l.none + l.used == 0 { "not measured".to_owned() } else { longest(l.longest_us) };
        Bars { name: l.kind.clone(), href: None, parts, end }
    });
    let rows = o
        .latency
        .iter()
        .map(|l| vec![l.kind.clone(), count(l.none), count(l.used), count(l.unmeasured), longest(l.longest_us)]);
    let columns = vec![
        Column::text("What was revoked"),
        Column::number("No use after it"),
        Column::number("Used after it"),
        Column::number("Not measured"),
        Column::text("Last accepted use"),
    ];
    let legend = ["No use after it", "Used after it", "Nobody reports its uses"].map(str::to_owned).to_vec();
    let all: i64 = o.latency.iter().map(|l| l.none + l.used + l.unmeasured).sum();
    let used: i64 = o.latency.iter().map(|l| l.used).sum();
    let sentence = format!(
        "Of {} in 30 days, {used} were followed by a use that somebody else than the agent saw",
        many(all, "revocation")
    );
    let (rows, bars) = (rows.collect(), bars.collect());
    view! {
        <Plot title="Was it really off?" note="Revocations of 30 days to the last accepted use, as gateways and sources report it" sentence columns rows csv="/overview/latency.csv" more=(paths::CONTAINMENT.to_owned(), "Revocations".to_owned()) readable=true>
            <Bar100 legend bars/>
        </Plot>
    }
}

fn funnel(o: Overview) -> impl IntoView {
    let step = |name: &str, n: i64| {
        #[expect(clippy::cast_precision_loss, reason = "laid out by share")]
        let parts = vec![n as f64, (o.identities - n) as f64];
        Bars {
            name: name.into(),
            href: None,
            parts,
            end: format!("{} · {}", count(n), Share { part: n, whole: o.identities }.words()),
        }
    };
    let steps = [
        ("Registered", o.identities),
        ("Owned", o.owned),
        ("With a backup owner", o.backed),
        ("With a boundary", o.bounded.part),
        ("Attested", o.attested),
    ];
    let rows = steps.map(|(name, n)| vec![name.to_owned(), count(n)]).to_vec();
    let columns = vec![Column::text("Step"), Column::number("Identities")];
    let bars = steps.map(|(name, n)| step(name, n)).to_vec();
    view! {
        <Plot title="Who answers for our identities?" note="Identities that are not retired" sentence=format!("{} of {} identities have an owner", o.owned, o.identities) columns rows csv="/overview/funnel.csv" more=("/identities?owner=none".to_owned(), "Without an owner".to_owned()) readable=true>
            <Bar100 legend=vec!["Yes".into(), "No".into()] bars/>
        </Plot>
    }
}
