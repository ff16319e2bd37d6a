//! Signed deliveries open and close tasks, each once, for the agent their hook was set up for; on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use base64::Engine as _;
use chrono::TimeDelta;
use governance::engine::hooks::{Call, Delivered, HEADERS, MadeHook, NewHook, Root};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::page::Want;
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::{Error, Kind};
use governance::hook::Preset;
use governance::id::{IdentityId, PersonId};
use governance::identity;
use governance::on_every_database;
use governance::task::{Status, Task};
use governance::testkit::Fresh;
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

on_every_database! {
    a_deployment_opens_a_task_and_its_end_closes_it
    an_issue_opens_a_task_by_its_key
    a_change_is_open_from_its_planned_start_to_its_planned_end
    a_message_of_our_own_says_how_long
    what_is_not_signed_is_refused_and_leaves_nothing
    a_delivery_is_taken_once
    a_message_out_of_an_archive_does_nothing
    a_hook_opens_tasks_for_its_agent_alone
    people_set_hooks_up_and_agents_do_not
}

struct World {
    t: Fresh,
    root: Root,
    fixer: IdentityId,
}

const GITHUB: &str = include_str!("fixtures/hooks/github-deployment.json");
const STATUS: &str = include_str!("fixtures/hooks/github-deployment-status.json");
const JIRA: &str = include_str!("fixtures/hooks/jira-issue-updated.json");
const CHANGE: &str = include_str!("fixtures/hooks/servicenow-change.json");

async fn begin(t: Fresh) -> World {
    let new =
        NewIdentity { team: Some("operations-agents".into()), ..NewIdentity::named("fixer", identity::Kind::Agent) };
    let fixer = t.gov.identity_add(&t.operator(), new).await.unwrap().id;
    World { t, root: Root::from([7; 32]), fixer }
}

fn wanted(name: &str, preset: Preset) -> NewHook {
    NewHook {
        name: name.into(),
        preset,
        agent: "agent:fixer".into(),
        tools: ["deploy".to_owned(), "rollback".to_owned()].into(),
        data: ["internal".to_owned()].into(),
        ends_in_s: 7_200,
    }
}

fn mac(key: &[u8], parts: &[&str]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().to_vec()
}

impl World {
    async fn add(&self, name: &str, preset: Preset) -> MadeHook {
        self.t.gov.hook_add(&self.t.operator(), wanted(name, preset), &self.root).await.unwrap()
    }

    /// As the platform sends it, signed with the secret it was given.
    fn call(&self, made: &MadeHook, id: &str, event: &str, body: &str) -> Call {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let headers = match made.hook.preset {
            Preset::Github => vec![
                ("x-github-event", event.to_owned()),
                ("x-github-delivery", id.to_owned()),
                ("x-hub-signature-256", format!("sha256={}", hex(mac(made.secret.as_bytes(), &[body])))),
            ],
            Preset::Jira => vec![
                ("x-atlassian-webhook-identifier", id.to_owned()),
                ("x-hub-signature", format!("sha256={}", hex(mac(made.secret.as_bytes(), &[body])))),
            ],
            Preset::Servicenow | Preset::Standard => {
                let base64 = base64::engine::general_purpose::STANDARD;
                let key = base64.decode(made.secret.strip_prefix("whsec_").unwrap()).unwrap();
                let time = self.t.gov.now().seconds().to_string();
                let signature = base64.encode(mac(&key, &[id, ".", &time, ".", body]));
                vec![
                    ("webhook-id", id.to_owned()),
                    ("webhook-timestamp", time),
                    ("webhook-signature", format!("v1,{signature}")),
                ]
            }
        };
        assert!(headers.iter().all(|(name, _)| HEADERS.contains(name)));
        Call { headers: headers.into_iter().collect(), body: body.into() }
    }

    async fn deliver(&self, made: &MadeHook, call: &Call) -> Result<Delivered, Error> {
        self.t.gov.hook_deliver(&self.root, &made.hook.name, call).await
    }

    async fn send(&self, made: &MadeHook, id: &str, event: &str, body: &str) -> Delivered {
        self.deliver(made, &self.call(made, id, event, body)).await.unwrap()
    }

    async fn task(&self, reference: &str) -> Task {
        self.t.gov.task_get(&self.t.operator(), reference).await.unwrap()
    }

    async fn tasks(&self) -> usize {
        self.t.gov.task_list(&self.t.operator(), None, None, &Want::default()).await.unwrap().items.len()
    }

    /// Events about hooks and tasks, with who made them.
    async fn events(&self) -> Vec<String> {
        let events = self.t.gov.event_list(&self.t.operator(), -1, 1_000).await.unwrap();
        let read = |leaf: &[u8]| serde_json::from_slice::<Value>(leaf).unwrap();
        let about = |e: &Value| e["kind"].as_str().is_some_and(|k| k.starts_with("hook.") || k.starts_with("task."));
        let line = |e: Value| {
            assert!(e["ids"]["hook"].as_str().unwrap().starts_with("hok_"), "{e}");
            format!("{} {}", e["actor"].as_str().unwrap(), e["kind"].as_str().unwrap())
        };
        events.iter().map(|e| read(&e.leaf)).filter(about).map(line).collect()
    }

    async fn key(&self, identity: Option<IdentityId>) -> Ctx {
        let new = NewKey {
            identity,
            name: "key".into(),
            patterns: vec![],
            scopes: Scope::ALL.into_iter().filter(|s| *s != Scope::Provision).collect(),
            submits: true,
            expires_at: None,
        };
        let made = self.t.gov.key_create(&self.t.operator(), new).await.unwrap();
        self.t.gov.ctx(self.t.gov.key_authenticate(&made.secret).await.unwrap())
    }
}

fn nothing(done: &Delivered) -> &str {
    match done {
        Delivered::Nothing { why } => why,
        other => panic!("something was done: {other:?}"),
    }
}

async fn a_deployment_opens_a_task_and_its_end_closes_it(t: Fresh) {
    let w = begin(t).await;
    let deploys = w.add("deploys", Preset::Github).await;
    assert_eq!(deploys.secret.len(), 64);
    assert!(nothing(&w.send(&deploys, "d0", "ping", "{\"zen\": \"Design for failure.\"}").await).contains("ping"));
    let Delivered::Opened { task, .. } = w.send(&deploys, "d1", "deployment", GITHUB).await else { panic!("opened") };
    let now = w.t.gov.now();
    let want = Task {
        id: task.id,
        reference: "deployment-145988746".into(),
        purpose: "deploy v4.2.0 of example-shop/storefront to production".into(),
        identity: w.fixer,
        tools: ["deploy".to_owned(), "rollback".to_owned()].into(),
        data: ["internal".to_owned()].into(),
        link: Some("https://github.com/example-shop/storefront/deployments".into()),
        status: Status::Open,
        opened_at: now,
        opened_by: "hook:deploys".into(),
        ends_at: now + TimeDelta::seconds(7_200),
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        version: 0,
    };
    assert_eq!((&task, &w.task("deployment-145988746").await), (&want, &want));
    w.t.clock.advance(TimeDelta::minutes(5));
    let going = STATUS.replace("\"state\": \"success\"", "\"state\": \"in_progress\"");
    assert_eq!(nothing(&w.send(&deploys, "d2", "deployment_status", &going).await), "the deployment goes on");
    let done = w.send(&deploys, "d3", "deployment_status", STATUS).await;
    assert!(matches!(done, Delivered::Closed { .. }), "{done:?}");
    let closed = w.task("deployment-145988746").await;
    assert_eq!(
        (closed.status, closed.ended_by.as_deref(), closed.ended_reason.as_deref()),
        (Status::Closed, Some("hook:deploys"), Some("GitHub says success"))
    );
    let again = STATUS.replace("209916254", "209916255");
    assert!(nothing(&w.send(&deploys, "d4", "deployment_status", &again).await).contains("no task"));
    let want = ["operator:test hook.added", "hook:deploys task.opened", "hook:deploys task.closed"];
    assert_eq!(w.events().await, want);
}

async fn an_issue_opens_a_task_by_its_key(t: Fresh) {
    let w = begin(t).await;
    let jira = w.add("jira", Preset::Jira).await;
    assert!(matches!(w.send(&jira, "j1", "", JIRA).await, Delivered::Opened { .. }));
    let task = w.task("OPS-417").await;
    assert_eq!(task.link.as_deref(), Some("https://example-shop.atlassian.net/browse/OPS-417"));
    let moved = |at: &str, category: &str| JIRA.replace("1795251580250", at).replace("indeterminate", category);
    let open = w.send(&jira, "j2", "", &moved("1795251590000", "indeterminate")).await;
    assert!(nothing(&open).starts_with("task OPS-417 is open since"));
    let done = w.send(&jira, "j3", "", &moved("1795251600000", "done")).await;
    assert!(matches!(done, Delivered::Closed { .. }), "{done:?}");
    assert!(matches!(
        w.send(&jira, "j4", "", &moved("1795251610000", "indeterminate")).await,
        Delivered::Opened { .. }
    ));
    assert_eq!(w.tasks().await, 2, "a ticket that is taken up again begins anew");
}

async fn a_change_is_open_from_its_planned_start_to_its_planned_end(t: Fresh) {
    let w = begin(t).await;
    let changes = w.add("changes", Preset::Servicenow).await;
    // nine o'clock, planned from 8:30 to 10:30; the hook's tasks last two hours at most
    let at = |text: &str| governance::time::Timestamp::parse(text).unwrap();
    let later = CHANGE.replace("08:30:00", "09:30:00");
    assert_eq!(
        nothing(&w.send(&changes, "m1", "", &later).await),
        "it is planned to begin at 2026-11-21T09:30:00.000000Z: send it again then"
    );
    let over = CHANGE.replace("10:30:00", "09:00:00");
    assert!(nothing(&w.send(&changes, "m2", "", &over).await).starts_with("it was planned to end"));
    assert!(matches!(w.send(&changes, "m3", "", CHANGE).await, Delivered::Opened { .. }));
    assert_eq!(w.task("CHG0031447").await.ends_at, at("2026-11-21T10:30:00Z"));
    let closed = CHANGE.replace("\"-1\"", "\"4\"");
    assert!(matches!(w.send(&changes, "m4", "", &closed).await, Delivered::Closed { .. }));
    let long = CHANGE.replace("10:30:00", "23:30:00");
    assert!(matches!(w.send(&changes, "m5", "", &long).await, Delivered::Opened { .. }));
    assert_eq!(w.task("CHG0031447").await.ends_at, at("2026-11-21T11:00:00Z"), "no longer than the hook's own limit");
}

async fn a_message_of_our_own_says_how_long(t: Fresh) {
    let w = begin(t).await;
    let desk = w.add("desk", Preset::Standard).await;
    let open = json!({"action": "open", "ref": "INC-7", "purpose": "mend the index", "ends_in": "30m"}).to_string();
    assert!(matches!(w.send(&desk, "m1", "", &open).await, Delivered::Opened { .. }));
    assert_eq!(w.task("INC-7").await.ends_at, w.t.gov.now() + TimeDelta::minutes(30));
    let close = json!({"action": "close", "ref": "INC-7"}).to_string();
    assert!(matches!(w.send(&desk, "m2", "", &close).await, Delivered::Closed { .. }));
    for (body, want) in [
        (json!({"action": "open", "ref": "INC-8", "purpose": "x", "agent": "agent:root"}), "agent"),
        (json!({"action": "open", "ref": "a\u{202e}b", "purpose": "x"}), "ref"),
        (json!({"action": "open", "ref": "INC-8", "purpose": " "}), "purpose"),
        (json!({"action": "open", "ref": "INC-8", "purpose": "x", "link": "javascript:alert(1)"}), "link"),
    ] {
        let call = w.call(&desk, &format!("bad {want}"), "", &body.to_string());
        let refused = w.deliver(&desk, &call).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid);
        assert!(refused.detail.contains(want), "{want}: {}", refused.detail);
    }
}

async fn what_is_not_signed_is_refused_and_leaves_nothing(t: Fresh) {
    let w = begin(t).await;
    let (deploys, desk) = (w.add("deploys", Preset::Github).await, w.add("desk", Preset::Standard).await);
    let size = w.t.gov.log_size().await.unwrap();
    let good = w.call(&deploys, "d1", "deployment", GITHUB);
    let without = |name: &str| {
        let mut call = good.clone();
        call.headers.retain(|n, _| *n != name);
        call
    };
    let mut forged = vec![without("x-hub-signature-256")];
    forged.push(Call { body: GITHUB.replace("production", "staging").into(), ..good.clone() });
    let mut other = w.call(&desk, "d1", "", GITHUB);
    other.headers.extend(good.headers.iter().filter(|(n, _)| *n == &"x-github-event").map(|(n, v)| (*n, v.clone())));
    forged.push(other);
    for call in &forged {
        let refused = w.deliver(&deploys, call).await.unwrap_err();
        assert_eq!((refused.kind, refused.detail.as_str()), (Kind::Unauthenticated, "not accepted"));
    }
    // a hook that is not there, and one that was removed, say the same
    let unknown = w.t.gov.hook_deliver(&w.root, "nobody", &good).await.unwrap_err();
    assert_eq!((unknown.kind, unknown.detail.as_str()), (Kind::Unauthenticated, "not accepted"));
    let stale = w.call(&desk, "m1", "", "{}");
    w.t.clock.advance(TimeDelta::seconds(301));
    assert_eq!(w.deliver(&desk, &stale).await.unwrap_err().kind, Kind::Unauthenticated);
    assert_eq!((w.t.gov.log_size().await.unwrap(), w.tasks().await), (size, 0));
    w.t.gov.hook_remove(&w.t.operator(), "deploys").await.unwrap();
    assert_eq!(w.deliver(&deploys, &good).await.unwrap_err().kind, Kind::Unauthenticated);
    // nor does the secret of the one before open the next one of that name
    let next = w.add("deploys", Preset::Github).await;
    assert_ne!(next.secret, deploys.secret);
    assert_eq!(w.deliver(&next, &good).await.unwrap_err().kind, Kind::Unauthenticated);
}

async fn a_delivery_is_taken_once(t: Fresh) {
    let w = begin(t).await;
    let deploys = w.add("deploys", Preset::Github).await;
    let open = w.call(&deploys, "d1", "deployment", GITHUB);
    let first = w.deliver(&deploys, &open).await.unwrap();
    let size = w.t.gov.log_size().await.unwrap();
    assert_eq!(w.deliver(&deploys, &open).await.unwrap(), first);
    w.t.gov.task_close(&w.t.operator(), "deployment-145988746", "by hand", None).await.unwrap();
    // GitHub signs the body alone: under another delivery's name it is the same delivery
    let renamed = w.call(&deploys, "d2", "deployment", GITHUB);
    assert_eq!(w.deliver(&deploys, &renamed).await.unwrap(), first, "the first answer again, and no second task");
    assert_eq!(
        (w.t.gov.log_size().await.unwrap(), w.tasks().await),
        (size + 1, 1),
        "the close by hand, and nothing else"
    );
    let other = w.call(&deploys, "d1", "deployment", &GITHUB.replace("145988746", "145988747"));
    assert_eq!(w.deliver(&deploys, &other).await.unwrap_err().kind, Kind::KeyReused);
    // two at once
    let desk = w.add("desk", Preset::Standard).await;
    let body = json!({"action": "open", "ref": "INC-7", "purpose": "mend the index"}).to_string();
    let call = w.call(&desk, "m1", "", &body);
    let (a, b) = tokio::join!(w.deliver(&desk, &call), w.deliver(&desk, &call));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(w.tasks().await, 2);
}

async fn a_message_out_of_an_archive_does_nothing(t: Fresh) {
    let w = begin(t).await;
    let deploys = w.add("deploys", Preset::Github).await;
    let open = w.call(&deploys, "d1", "deployment", GITHUB);
    w.t.clock.advance(TimeDelta::hours(72));
    assert!(nothing(&w.deliver(&deploys, &open).await.unwrap()).ends_with("too old to act on"));
    let early = w.call(&deploys, "d2", "deployment", &GITHUB.replace("2026-11-21T08:59:30Z", "2026-12-24T00:00:00Z"));
    assert!(nothing(&w.deliver(&deploys, &early).await.unwrap()).ends_with("which is to come"));
    assert_eq!(w.tasks().await, 0);
    // its trace outlives the time in which it would be acted on
    let fresh = w.call(&deploys, "d3", "deployment", &GITHUB.replace("2026-11-21T08:59:30Z", "2026-11-24T08:59:30Z"));
    assert!(matches!(w.deliver(&deploys, &fresh).await.unwrap(), Delivered::Opened { .. }));
    w.t.clock.advance(TimeDelta::hours(95));
    let house = w.t.gov.ctx(Actor::System("sweep"));
    w.t.gov.policy_install().await.unwrap();
    assert_eq!(w.t.gov.forget_stale(&house).await.unwrap(), 0);
    w.t.clock.advance(TimeDelta::hours(1));
    assert_eq!(w.t.gov.forget_stale(&w.t.gov.ctx(Actor::System("sweep"))).await.unwrap(), 1);
    assert!(nothing(&w.deliver(&deploys, &fresh).await.unwrap()).ends_with("too old to act on"));
}

async fn a_hook_opens_tasks_for_its_agent_alone(t: Fresh) {
    let w = begin(t).await;
    let desk = w.add("desk", Preset::Standard).await;
    w.t.gov.identity_add(&w.t.operator(), NewIdentity::named("other", identity::Kind::Agent)).await.unwrap();
    let others = NewTask {
        reference: "INC-7".into(),
        purpose: "something else".into(),
        agent: "agent:other".into(),
        ..NewTask::default()
    };
    w.t.gov.task_open(&w.t.operator(), &others, None).await.unwrap();
    let open = json!({"action": "open", "ref": "INC-7", "purpose": "mend the index"}).to_string();
    let refused = w.deliver(&desk, &w.call(&desk, "m1", "", &open)).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict, "{refused}");
    let close = json!({"action": "close", "ref": "INC-7"}).to_string();
    assert!(nothing(&w.send(&desk, "m2", "", &close).await).contains("no task of this hook's agent"));
    assert_eq!(w.task("INC-7").await.status, Status::Open);
}

async fn people_set_hooks_up_and_agents_do_not(t: Fresh) {
    let w = begin(t).await;
    let gov = &w.t.gov;
    let person = |role| {
        let id = PersonId::new(gov.now(), [3; 10]);
        gov.ctx(Actor::Person { id, roles: [role].into() })
    };
    let hook = w.add("deploys", Preset::Github).await.hook;
    let size = gov.log_size().await.unwrap();
    let mut refused = vec![w.key(Some(w.fixer)).await, w.key(None).await];
    refused.extend([Role::Viewer, Role::Owner, Role::Approver, Role::PolicyAuthor, Role::Auditor].map(person));
    refused.push(gov.ctx(Actor::Hook { id: hook.id, name: hook.name.clone() }));
    for ctx in &refused {
        let added = gov.hook_add(ctx, wanted("mine", Preset::Github), &w.root).await.unwrap_err();
        let removed = gov.hook_remove(ctx, "deploys").await.unwrap_err();
        assert_eq!((added.kind, removed.kind), (Kind::Forbidden, Kind::Forbidden), "{:?}", ctx.actor);
    }
    assert_eq!(gov.log_size().await.unwrap(), size + 2, "two keys, and nothing else");
    let bad = async |change: fn(&mut NewHook)| {
        let mut new = wanted("mine", Preset::Github);
        change(&mut new);
        gov.hook_add(&person(Role::Operator), new, &w.root).await.unwrap_err()
    };
    assert_eq!(bad(|h| h.name = "deploys".into()).await.kind, Kind::Conflict);
    assert_eq!(bad(|h| h.agent = "agent:nobody".into()).await.kind, Kind::NotFound);
    for change in [
        |h: &mut NewHook| h.name = "Deploys/1".into(),
        |h: &mut NewHook| h.name.clear(),
        |h: &mut NewHook| h.ends_in_s = 0,
        |h: &mut NewHook| h.ends_in_s = u32::MAX,
        |h: &mut NewHook| h.tools = (0..65).map(|n| n.to_string()).collect(),
    ] {
        assert_eq!(bad(change).await.kind, Kind::Invalid);
    }
    for role in [Role::Operator, Role::Admin] {
        let made = gov.hook_add(&person(role), wanted("mine", Preset::Jira), &w.root).await.unwrap();
        assert_eq!(gov.hook_list(&person(Role::Viewer)).await.unwrap().len(), 2);
        assert_eq!(gov.hook_remove(&person(role), "mine").await.unwrap().id, made.hook.id);
    }
    assert_eq!(gov.hook_list(&person(Role::Viewer)).await.unwrap(), [hook]);
    // the secret stands in no event and no row
    let secret = w.root.secret(gov.hook_list(&w.t.operator()).await.unwrap()[0].id, Preset::Github);
    let events = gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    assert!(events.iter().all(|e| !String::from_utf8_lossy(&e.leaf).contains(&secret)));
    let listed = serde_json::to_string(&gov.hook_list(&w.t.operator()).await.unwrap()).unwrap();
    assert!(!listed.contains(&secret) && !listed.contains("secret"));
}
