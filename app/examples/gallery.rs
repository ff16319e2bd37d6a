//! Every part once, in its states, as one page: `cargo run -p app --example gallery --features ssr > gallery.html`.
//! `make screenshots` takes its picture and the journeys let axe read it, so a part is seen before a page uses it.
use app::parts::*;
use chrono::TimeDelta;
use governance::time::Timestamp;
use leptos::prelude::*;

fn main() {
    let owner = Owner::new();
    let body =
        owner.with(|| view! { <main id="main">{words()}{forms()}{lists()}{records()}{plots()}</main> }.to_html());
    println!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Parts</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{{HEAD}}</head><body>{body}</body></html>"
    );
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T09:00:00Z").unwrap_or(Timestamp::EPOCH)
}

const STATES: [(State, &str); 6] = [
    (State::Allow, "Allowed"),
    (State::Wait, "High"),
    (State::Deny, "Denied"),
    (State::Info, "Medium"),
    (State::Agent, "Between agents"),
    (State::Unknown, "Unknown"),
];

fn words() -> impl IntoView {
    view! {
        <h1>"Parts"</h1>
        <h2>"States"</h2>
        <p>{STATES.map(|(state, word)| view! { <Mark state word/> " " }).collect_view()}</p>
        <p>{STATES.map(|(state, word)| view! { <Tag state>{word}</Tag> " " }).collect_view()} <Tag>"observe"</Tag></p>
        {STATES.map(|(state, word)| view! { <Banner state title=format!("{word}.")>"What it means, and what to do about it."</Banner> }).collect_view()}
        <h2>"Buttons"</h2>
        <div class="actions">
            <Button kind=Kind::Primary>"Import"</Button>
            <Button key="A">"Approve once"</Button>
            <Button key="D">"Deny"</Button>
            <Button kind=Kind::Quiet>"Ask owner"</Button>
            <Button disabled=true>"Save"</Button>
            <LinkButton href="#main"><Icon name="download"/>"CSV"</LinkButton>
            <DialogButton target="demo">"Stop…"</DialogButton>
        </div>
        <Dialog id="demo" title="Stop invoice-agent-07?"><p>"It asks us and is answered no, from the next question on."</p></Dialog>
    }
}

fn forms() -> impl IntoView {
    let options =
        vec![("a".to_owned(), "Looks right".to_owned()), ("b".to_owned(), "Checked with the owner".to_owned())];
    view! {
        <h2>"Forms"</h2>
        <div class="columns">
            <Panel title="Decide" note="Recorded with the card as you saw it.">
                <Field label="Type the amount" name="amount" placeholder="e.g. 1,000.00" hint="As in the request"/>
                <Field label="E-mail" name="email" kind="email" value="ana@" error="An address has a host after the @."/>
                <Select label="Reason" name="reason" options selected="b"/>
                <TextArea label="In words" name="text" hint="At least 15 characters"/>
                <Checkbox label="I have read the refuted claim" name="read"/>
            </Panel>
            <Panel title="Copy">
                <CodeBlock label="The call" text="curl -sS http://127.0.0.1:3000/access/v1/evaluation \\\n  -H 'Authorization: Bearer csk_…'"/>
                <p>"Digest " <Digest hex="9f3a71c02be4a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071829" short=true/></p>
                <p><Countdown until=now() + TimeDelta::seconds(702) now=now()/> " · " <Time at=now() - TimeDelta::hours(3) now=now() both=true/></p>
            </Panel>
        </div>
    }
}

fn lists() -> impl IntoView {
    let row = |name: &'static str, owner: &'static str, keys: &'static str, state, word: &'static str| {
        view! {
            <tr>
                <th scope="row"><a href="#main">{name}</a></th>
                <td data-label="Owner">{owner}</td>
                <td data-label="Keys" class="num">{keys}</td>
                <td data-label="Record"><Mark state word/></td>
            </tr>
        }
    };
    let columns = vec![
        Column::text("Name").sorting("#main".into(), Some("ascending")),
        Column::text("Owner"),
        Column::number("Keys"),
        Column::text("Record"),
    ];
    let diff = [
        ("Amount", "48,200.00 EUR", "median 212 EUR · p95 4,900 EUR", "9.8 × p95", true),
        ("Tool", "stripe.refunds", "the same", "in range", false),
    ];
    let rows = diff.map(|(field, this, that, difference, unusual)| DiffRow {
        field: field.into(),
        this: this.into(),
        that: that.into(),
        difference: difference.into(),
        unusual,
    });
    view! {
        <h2>"Lists"</h2>
        <div class="stack">
            <div>
                <Table caption="Identities" columns>
                    {row("invoice-agent-07", "Ana Ruiz", "2", State::Allow, "complete")}
                    {row("arn:aws:iam::123456789012:user/deploy-pipeline-production", "nobody", "1,204", State::Deny, "no owner")}
                </Table>
                <Pager shown="50 of 412" newer=None older=Some("#main".to_owned())/>
            </div>
            <DiffTable caption="Requested against normal" heads=["Field", "This request", "Normal", "Difference"] rows=rows.to_vec()/>
            <Empty title="Nothing waiting" why="Last decision 14 min ago. 212 actions were allowed by policy since then."><LinkButton href="#main">"Look at them"</LinkButton></Empty>
        </div>
    }
}

fn records() -> impl IntoView {
    let link = |role: &str, name: &str, note: &str, broken: Option<&str>| Link {
        role: role.into(),
        name: name.into(),
        href: None,
        note: note.into(),
        broken: broken.map(Into::into),
    };
    let links = vec![
        link("Started by", "unknown", "no person named", Some("Nobody says who started it")),
        link("Agent", "invoice-agent-07", "Owner: finance-ops", None),
        link("Tool", "stripe.refunds", "no grant yet", None),
    ];
    let entry = |minutes, state, word: &str, text: &str| Entry {
        at: now() - TimeDelta::minutes(minutes),
        state,
        word: word.into(),
        text: text.into(),
        href: None,
    };
    let entries = vec![
        entry(40, State::Wait, "Opened", "invoice-agent-07 asked for a refund"),
        entry(12, State::Allow, "Approved", "Jo Berg approved once"),
        entry(1, State::Deny, "Revoked", "Ana Ruiz revoked the grant"),
    ];
    let source = Fact { source: Some("register, 3 min ago".into()), ..Fact::new("Owner", "Ana Ruiz") };
    let gap = Fact { state: Some((State::Deny, "Gap".into())), ..Fact::new("Backup", "nobody for 41 days") };
    view! {
        <h2>"Records"</h2>
        <div class="stack">
            <Figures>
                <Figure name="Attributable" value="97.2 %" note="of 12,430 actions, 7 days"/>
                <Figure name="Within scope" value="99.1 %" note="112 outside, all denied" href="#main"/>
                <Figure name="Revocation, p95" value="not measured" note="no system reports its last accepted use"/>
            </Figures>
            <Chain links/>
            <div class="columns"><Panel title="Owner"><Facts facts=vec![source, gap]/></Panel><Panel title="History"><Timeline entries now=now()/></Panel></div>
        </div>
    }
}

fn plots() -> impl IntoView {
    let months = || {
        ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"].map(String::from).to_vec()
    };
    let series = |name: &str, from: f64, by: f64| Series {
        name: name.into(),
        values: (0..12).map(|i| from + by * f64::from(i)).collect(),
    };
    let area = vec![series("full", 6.0, 5.3), series("partial", 18.0, 0.6), series("none", 76.0, -5.9)];
    let line = |from: f64, by: f64, gap: usize| {
        (0..12).map(|i| (i != gap).then(|| from * by.powi(i32::try_from(i).unwrap_or(0)))).collect()
    };
    let lines = vec![
        Series { name: "p50".into(), values: line(900.0, 0.63, 20) },
        Series { name: "p95".into(), values: line(3_400.0, 0.7, 5) },
    ];
    let bars = [
        ("Agents", [34.0, 52.0, 14.0], "66 % unused"),
        ("Service accounts", [17.0, 62.0, 21.0], "83 % unused"),
        ("API keys", [0.0, 0.0, 0.0], "none known"),
    ];
    let bars =
        bars.map(|(name, parts, end)| Bars { name: name.into(), href: None, parts: parts.to_vec(), end: end.into() });
    let hours = || (0..24).map(|h| format!("{h:02}")).collect::<Vec<_>>();
    let values = (0..7_i64)
        .map(|d| (0..24_i64).map(|h| if (8..19).contains(&h) && d < 5 { (d * 7 + h * 3) % 9 } else { 0 }).collect())
        .collect();
    let table = || {
        (
            vec![Column::text("Month"), Column::number("Full")],
            vec![vec!["Dec".to_owned(), "6 %".to_owned()], vec!["Nov".to_owned(), "64 %".to_owned()]],
        )
    };
    let (c1, r1) = table();
    let (c2, r2) = table();
    let (c3, r3) = table();
    let (c4, r4) = table();
    view! {
        <h2>"Plots"</h2>
        <div class="columns">
            <Plot title="How much can we see?" note="Owner, scope, credentials and activity all present = full" sentence="Full for 64 % of identities in November, up from 6 % in December." columns=c1 rows=r1 csv="#csv" more=("#main".into(), "500 identities not visible".into())>
                <Area x=months() series=area ends=vec!["Full 64 %".into(), "Partial 25 %".into(), "None 11 %".into()] format=|v| format!("{v:.0} %") anchor=(5.7, "Survey: 5.7 %".into())/>
            </Plot>
            <Plot title="How fast does a revocation take hold?" note="To the last accepted use, log scale" sentence="p95 67 s in November." columns=c2 rows=r2 csv="#csv">
                <Line x=months() series=lines ends=vec!["p50 6 s".into(), "p95 67 s".into()] format=|v| format!("{v:.0} s") log=true/>
            </Plot>
            <Plot title="When do agents step outside their scope?" sentence="Most on Friday at 17." columns=c3 rows=r3 csv="#csv">
                <Heatmap rows=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(String::from).to_vec() columns=hours() values unit="blocked"/>
            </Plot>
            <Plot title="How much granted access is never used?" note="90 days" sentence="66 % of agents' permissions." columns=c4 rows=r4 csv="#csv">
                <Bar100 legend=["used", "unused", "not known"].map(String::from).to_vec() bars=bars.to_vec()/>
            </Plot>
        </div>
    }
}
