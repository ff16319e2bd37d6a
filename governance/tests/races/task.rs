//! Tasks closed against constant questions and redemptions for them.
use crate::history::{Behind, history};
use crate::load::{Aim, Load, seed};
use crate::world::{World, patient};
use governance::engine::tasks::NewTask;
use governance::on_every_database;
use governance::replay::Invariant;
use governance::testkit::Fresh;
use std::collections::BTreeSet;

on_every_database! {
    closed_tasks_leave_nothing_behind_them
    without_the_look_under_the_lock_permits_stand_behind_closes
}

const TASKS: usize = 12;
/// Permits for a task before, and refusals after, its close.
const AROUND: usize = 4;

async fn race(w: &World) -> Behind {
    w.agent("desk", None).await;
    let (load, operator) = (Load::start(w, &["desk".into()], seed()), w.t.operator());
    for n in 0..TASKS {
        let reference = format!("CASE-{n}");
        let task = NewTask {
            reference: reference.clone(),
            purpose: "answer the customer".into(),
            agent: "agent:desk".into(),
            tools: ["note".to_owned()].into(),
            ends_in_s: Some(3_600),
            ..NewTask::default()
        };
        patient(|| w.t.gov.task_open(&operator, &task, None)).await.unwrap();
        let aim = Aim::at(vec!["desk".into()], &["note"], Some(reference.clone()));
        load.aim(&aim);
        aim.permitted(AROUND).await;
        let gov = &w.nodes[n % w.nodes.len()].gov;
        patient(|| gov.task_close(&operator, &reference, "race", None)).await.unwrap();
        aim.refused(AROUND).await;
    }
    load.end().await;
    let (mut closed, mut behind) = (BTreeSet::new(), Behind::default());
    for told in &history(w).await {
        if told.kind == "task.closed" {
            closed.insert(told.task().to_owned());
        } else if closed.contains(told.task()) {
            behind.count(told);
        }
    }
    assert_eq!(closed.len(), TASKS);
    behind
}

async fn closed_tasks_leave_nothing_behind_them(t: Fresh) {
    assert_eq!(race(&World::new(t).await).await, Behind::default());
}

async fn without_the_look_under_the_lock_permits_stand_behind_closes(t: Fresh) {
    t.by_hand(&[Invariant::Grants]);
    let w = World::new(t).await;
    w.unguarded();
    let behind = race(&w).await;
    eprintln!("{behind:?}");
    assert!(behind.permits > 0, "the race never met the moment: it would show nothing");
}
