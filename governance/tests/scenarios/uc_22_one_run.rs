//! UC-22: work passes from one agent to another through a queue, and nobody says so. Both are in one run, the run carries the
//! highest class of data that was touched, and the second agent's export waits for a person.
use super::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::actions::Report;
use governance::engine::page::Want;
use governance::engine::timeline::{Timeline, What};
use governance::engine::{Ctx, Scope};
use governance::error::Kind as Wrong;
use governance::id::RunId;
use governance::on_every_database;
use governance::run::DataClass;
use governance::testkit::Fresh;
use serde_json::{Value, json};
use std::sync::Arc;

on_every_database! {
    what_one_agent_read_gates_what_another_exports
    an_agents_own_word_gets_it_into_no_run_of_others
    a_report_raises_the_run_it_was_decided_in
    only_what_was_permitted_counts_and_a_mark_only_rises
    reads_and_exports_at_once_leave_no_export_behind_a_read
    a_run_is_read_page_by_page_in_the_order_of_the_log
}

fn ask(who: &str, action: &str, paper: &str, run: Option<&str>) -> Value {
    let properties = run.map_or_else(|| json!({}), |run| json!({ "run": run }));
    json!({
        "subject": { "type": "agent", "id": who, "properties": properties },
        "action": { "name": action },
        "resource": { "type": "paper", "id": paper },
    })
}

struct Played {
    w: World,
    gateway: Ctx,
    /// The own keys of reader and sender.
    reader: Ctx,
    sender: Ctx,
}

async fn begin(t: Fresh) -> Played {
    let w = World { t };
    w.approver("edda", "editors").await;
    w.approver("piet", "press").await;
    w.activate("papers").await;
    let (reader, sender) = (w.agent("reader", "planners").await, w.agent("sender", "writers").await);
    let gateway = w.key(None, &[Scope::Ask, Scope::Act, Scope::Read]).await;
    let reader = w.key(Some(reader), &[Scope::Ask, Scope::Act]).await;
    let sender = w.key(Some(sender), &[Scope::Ask, Scope::Act]).await;
    Played { w, gateway, reader, sender }
}

impl Played {
    async fn line(&self, ctx: &Ctx, who: &str, action: &str, paper: &str, run: Option<&str>) -> String {
        self.w.t.clock.advance(TimeDelta::seconds(2));
        self.w.answer(ctx, ask(who, action, paper, run)).await.1
    }
    /// The run of the last decision that named one.
    async fn last_run(&self) -> RunId {
        let all = self.w.t.gov.decision_list(&self.w.t.operator(), &Default::default(), 100).await.unwrap();
        all.iter().find_map(|d| d.run_id).unwrap()
    }
    async fn timeline(&self, id: RunId, want: &Want) -> Timeline {
        self.w.t.gov.run_get(&self.w.t.operator(), &id.to_string(), want).await.unwrap()
    }
    async fn mark(&self, id: RunId) -> Option<DataClass> {
        self.timeline(id, &Want::default()).await.run.data_class
    }
}

const PERMIT: &str = "permit";
const WAITS: &str = "escalate approval_required";

async fn what_one_agent_read_gates_what_another_exports(t: Fresh) {
    let p = begin(t).await;
    let run = Some("night-12");
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, PERMIT, "nothing was touched yet");
    assert_eq!(p.line(&p.gateway, "reader", "paper.read", "trial-7", run).await, PERMIT);
    // the reader leaves a file, the sender finds it; neither names the other
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, WAITS);
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", Some("night-13")).await, PERMIT, "another run");
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", None).await, WAITS, "naming none is no way out");
    assert_eq!(p.line(&p.gateway, "sender", "paper.note", "summary", run).await, PERMIT, "a text gets the name");
    assert_eq!(p.line(&p.gateway, "sender", "paper.note", "summary", Some("night-13")).await, "deny no_rule");
    // the sender was in that run: its own key is bound by it too
    assert_eq!(p.line(&p.sender, "sender", "paper.export", "summary", run).await, WAITS);

    p.w.t.clock.advance(TimeDelta::seconds(2));
    let open =
        p.w.answer(&p.gateway, ask("sender", "paper.export", "summary", run)).await.0.unwrap().escalation.unwrap();
    let card = p.w.t.gov.escalation_get(&p.w.t.operator(), open.id).await.unwrap().card.unwrap();
    let fact = card.checked.iter().find(|c| c.what.starts_with("the run")).map(|c| c.value.clone());
    assert_eq!(fact, Some(json!("restricted")));
}

async fn an_agents_own_word_gets_it_into_no_run_of_others(t: Fresh) {
    let p = begin(t).await;
    let run = Some("night-12");
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, PERMIT);
    let shared = p.last_run().await;
    // the reader was not named in it: what it reads under that name marks a run of its own
    assert_eq!(p.line(&p.reader, "reader", "paper.read", "trial-7", run).await, PERMIT);
    let own = p.last_run().await;
    assert_ne!(own, shared);
    assert_eq!((p.mark(shared).await, p.mark(own).await), (Some(DataClass::Public), Some(DataClass::Restricted)));
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, PERMIT);
    // nor does it get others in by saying who handed it the work
    let mut handed = ask("reader", "paper.read", "trial-7", Some("mine"));
    handed["subject"]["properties"]["act"] = json!(["sender"]);
    p.w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(p.w.answer(&p.reader, handed).await.1, PERMIT);
    let mine = p.timeline(p.last_run().await, &Want::default()).await;
    assert_eq!(mine.members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["reader"]);
    assert_eq!(p.line(&p.sender, "sender", "paper.export", "summary", Some("mine")).await, PERMIT);
    // once the gateway names the reader in the shared run, what it did under that name before counts there
    assert_eq!(p.line(&p.gateway, "reader", "paper.read", "summary", run).await, PERMIT);
    assert_eq!(p.mark(shared).await, Some(DataClass::Restricted));
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, WAITS);
}

async fn a_report_raises_the_run_it_was_decided_in(t: Fresh) {
    let p = begin(t).await;
    let run = Some("night-12");
    let read = p.w.answer(&p.gateway, ask("reader", "paper.read", "unlisted", run)).await.0.unwrap();
    p.w.t.clock.advance(TimeDelta::seconds(1));
    let id = p.last_run().await;
    assert_eq!(p.mark(id).await, None, "nobody says what class it is of");
    let report = |outcome: &str, class: Option<&str>, run: Option<&str>| Report {
        decision: Some(read.id),
        outcome: outcome.parse().unwrap(),
        data_class: class.map(str::to_owned),
        run: run.map(str::to_owned),
        ..Report::default()
    };
    for (outcome, class, named, mark) in [
        ("skipped", Some("restricted"), None, None),
        ("done", None, None, None),
        ("done", Some("internal"), None, Some(DataClass::Internal)),
        ("failed", Some("confidential"), run, Some(DataClass::Confidential)),
        // naming another run does not take it out of this one; a class nobody knows counts as the highest
        ("done", Some("top-secret"), Some("elsewhere"), Some(DataClass::Restricted)),
        ("done", Some("public"), None, Some(DataClass::Restricted)),
    ] {
        p.w.t.gov.action_report(&p.gateway, report(outcome, class, named), None).await.unwrap();
        assert_eq!(p.mark(id).await, mark, "{outcome} {class:?}");
    }
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, WAITS);
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", Some("elsewhere")).await, WAITS);
    let long = report("done", Some(&"x".repeat(257)), None);
    assert_eq!(p.w.t.gov.action_report(&p.gateway, long, None).await.unwrap_err().kind, Wrong::Invalid);
}

async fn only_what_was_permitted_counts_and_a_mark_only_rises(t: Fresh) {
    let p = begin(t).await;
    p.w.agent("stranger", "nobody").await;
    let run = Some("night-12");
    assert_eq!(p.line(&p.gateway, "stranger", "paper.read", "trial-7", run).await, "deny no_rule");
    let id = p.last_run().await;
    assert_eq!(p.mark(id).await, None, "what was denied was not touched");
    for (class, mark) in [
        ("internal", DataClass::Internal),
        ("public", DataClass::Internal),
        ("personal", DataClass::Personal),
        ("confidential", DataClass::Personal),
    ] {
        let mut asked = ask("reader", "paper.read", "unlisted", run);
        asked["resource"]["properties"] = json!({ "data_class": class });
        assert_eq!(p.w.answer(&p.gateway, asked).await.1, PERMIT);
        assert_eq!(p.mark(id).await, Some(mark), "{class}");
    }
    // what the request claims does not lower what the bundle knows
    let mut claimed = ask("reader", "paper.read", "trial-7", Some("second"));
    claimed["resource"]["properties"] = json!({ "data_class": "public" });
    p.w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(p.w.answer(&p.gateway, claimed).await.1, PERMIT);
    assert_eq!(p.mark(p.last_run().await).await, Some(DataClass::Restricted));
    // an action that takes restricted data out touches it
    let facts = [ActionFact::RestrictedData].into();
    p.w.t.gov.action_facts_set(&p.w.t.operator(), "paper.read", &facts).await.unwrap();
    assert_eq!(p.line(&p.gateway, "reader", "paper.read", "summary", Some("third")).await, PERMIT);
    assert_eq!(p.mark(p.last_run().await).await, Some(DataClass::Restricted));
}

async fn reads_and_exports_at_once_leave_no_export_behind_a_read(t: Fresh) {
    let p = Arc::new(begin(t).await);
    let asking: Vec<_> = (0..24)
        .map(|n| {
            let p = p.clone();
            tokio::spawn(async move {
                let read = n == 12;
                let (who, action, paper) =
                    if read { ("reader", "paper.read", "trial-7") } else { ("sender", "paper.export", "summary") };
                let (answer, line) = p.w.answer(&p.gateway, ask(who, action, paper, Some("night-12"))).await;
                (read, answer.map(|a| a.seq), line)
            })
        })
        .collect();
    let (mut at, mut permits, mut others) = (0, Vec::new(), 0);
    for task in asking {
        match task.await.unwrap() {
            (true, seq, line) => {
                assert_eq!(line, PERMIT);
                at = seq.unwrap();
            }
            (false, Some(seq), line) if line == PERMIT => permits.push(seq),
            // too many re-asks a second are no permits either
            _ => others += 1,
        }
    }
    assert!(permits.iter().all(|seq| *seq < at), "an export behind the read at {at}: {permits:?}");
    assert_eq!(permits.len() + others, 23);
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", Some("night-12")).await, WAITS);
}

async fn a_run_is_read_page_by_page_in_the_order_of_the_log(t: Fresh) {
    let p = begin(t).await;
    let run = Some("night-12");
    let mut first = ask("reader", "paper.read", "trial-7", run);
    first["subject"]["properties"]["initiator"] = json!("schedule");
    let read = p.w.answer(&p.gateway, first).await.0.unwrap();
    p.w.t.clock.advance(TimeDelta::seconds(5));
    let report = Report { decision: Some(read.id), ..Report::default() };
    p.w.t.gov.action_report(&p.gateway, report, None).await.unwrap();
    let mut handed = ask("sender", "paper.read", "summary", run);
    handed["subject"]["properties"]["act"] = json!(["reader"]);
    assert_eq!(p.w.answer(&p.gateway, handed).await.1, PERMIT);
    assert_eq!(p.line(&p.gateway, "sender", "paper.export", "summary", run).await, WAITS);
    let id = p.last_run().await;

    let whole = p.timeline(id, &Want::default()).await;
    assert_eq!((whole.run.name.as_str(), whole.run.initiator.as_deref()), ("night-12", Some("schedule")));
    assert_eq!(whole.last_at - whole.run.started_at, TimeDelta::seconds(7));
    let names: Vec<_> = whole.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!((names, whole.more_members), (vec!["reader", "sender"], false));
    let told = |t: &Timeline| -> Vec<String> {
        let one = |e: &governance::engine::timeline::Entry| match &e.what {
            What::Decision { subject, through, .. } => {
                format!(
                    "{} {} {} through {:?}",
                    subject.id,
                    e.action,
                    e.outcome,
                    through.as_deref().unwrap_or_default()
                )
            }
            What::Act { .. } => format!("act {} {}", e.action, e.outcome),
        };
        t.entries.items.iter().map(one).collect()
    };
    let all = [
        "reader paper.read permit through []",
        "act paper.read done",
        "sender paper.read permit through [\"reader\"]",
        "sender paper.export escalate through []",
    ];
    assert_eq!(told(&whole), all);
    let (mut paged, mut want) = (Vec::new(), Want { cursor: None, limit: 3 });
    loop {
        let page = p.timeline(id, &want).await;
        paged.extend(told(&page));
        let Some(next) = page.entries.next else { break };
        want.cursor = Some(next);
    }
    assert_eq!(paged, all);
    let none = p.w.t.gov.run_get(&p.w.t.operator(), "run_1", &Want::default()).await.unwrap_err();
    assert_eq!(none.kind, Wrong::NotFound);
    let unread = p.w.t.gov.run_get(&p.reader, &id.to_string(), &Want::default()).await.unwrap_err();
    assert_eq!(unread.kind, Wrong::Forbidden);
}
