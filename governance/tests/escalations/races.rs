//! Everybody at once: one outcome, at most one permit (I4, I6).
use crate::world::World;
use governance::engine::Actor;
use governance::engine::escalations::Consumption;
use governance::error::{Error, Kind};
use governance::escalation::{Phase, Record, Tier, Verdict};
use governance::id::{DecisionId, PersonId};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::replay::Invariant;
use governance::store;
use governance::testkit::Fresh;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::future::Future;

on_every_database! {
    sixty_four_people_give_one_outcome_and_one_permit
    whatever_races_one_end_stands
    stale_copies_move_one_row_and_without_the_guard_all_of_them
}

/// Nothing was decided: asked again, as a caller would.
async fn patient<T, F: Future<Output = Result<T, Error>>>(mut ask: impl FnMut() -> F) -> Result<T, Error> {
    for _ in 0..200 {
        match ask().await {
            Err(error) if error.kind == Kind::Unavailable => tokio::task::yield_now().await,
            answer => return answer,
        }
    }
    panic!("nothing was decided 200 times");
}

pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(tasks: Vec<F>) -> Vec<T> {
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(tasks.len()));
    let handles: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait().await;
                task.await
            })
        })
        .collect();
    let mut done = Vec::new();
    for handle in handles {
        done.push(handle.await.expect("no panic"));
    }
    done
}

fn vote(
    w: &World,
    record: &Record,
    by: PersonId,
    verdict: Verdict,
) -> impl Future<Output = Result<Phase, Error>> + Send + 'static {
    let (w, record) = (w.clone(), record.clone());
    async move { patient(|| w.vote(&record, by, verdict)).await.map(|r| r.escalation.phase()) }
}

async fn sixty_four_people_give_one_outcome_and_one_permit(t: Fresh) {
    let w = World::new(t, 64).await;
    for round in 0..4 {
        let ask = w.refund(round, Tier::High, 1);
        let record = w.open(ask.clone()).await;
        // the first round all approve, then every other one denies
        let verdict = |n: usize| if round > 0 && n % 2 == 1 { Verdict::Deny } else { Verdict::Approve };
        let votes = w.people.iter().enumerate().map(|(n, by)| vote(&w, &record, *by, verdict(n))).collect();
        let answers = at_once(votes).await;
        let accepted: Vec<_> = answers.iter().filter_map(|a| a.as_ref().ok()).collect();
        assert_eq!(accepted.len(), 1, "{accepted:?}");
        assert!(answers.iter().filter_map(|a| a.as_ref().err()).all(|e| e.kind == Kind::Conflict));
        let end = w.get(record.escalation.id).await.escalation;
        assert_eq!((end.phase(), end.votes.len()), (*accepted[0], 1));
        let asks = (0..64).map(|_| {
            let (w, ask) = (w.clone(), ask.clone());
            async move { patient(|| w.consume(&ask, None)).await }
        });
        let used = at_once(asks.collect()).await;
        let permits = used.iter().filter(|u| matches!(u, Ok(Consumption::Used(_)))).count();
        assert!(used.iter().all(Result::is_ok));
        assert_eq!(permits, usize::from(end.phase() == Phase::Approved));
        let told = w.told(record.escalation.id).await;
        assert_eq!(told.iter().filter(|k| *k == "late_vote").count(), 63);
    }
}

/// Approve, deny, undo, cancel, sweep, revoke-like expiry and use, all at once, with the clock moving meanwhile.
async fn whatever_races_one_end_stands(t: Fresh) {
    let seed: u64 = 20_261_121;
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let w = World::new(t, 8).await;
    for round in 0..25_i64 {
        let tier = [Tier::Low, Tier::High][usize::from(rng.random_bool(0.5))];
        let ask = w.refund(1_000 + round, tier, 2);
        let record = w.open(ask.clone()).await;
        let id = record.escalation.id;
        for wave in 0..3 {
            let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = bool> + Send>>> = Vec::new();
            for _ in 0..12 {
                let (w, record, ask) = (w.clone(), record.clone(), ask.clone());
                let by = w.people[rng.random_range(0..8)];
                tasks.push(match rng.random_range(0..20) {
                    0 => Box::pin(async move {
                        let _ = vote(&w, &record, by, Verdict::Deny).await;
                        false
                    }),
                    1..=8 => Box::pin(async move {
                        let _ = vote(&w, &record, by, Verdict::Approve).await;
                        false
                    }),
                    9 => Box::pin(async move {
                        let ctx = w.person(by);
                        let _ = patient(|| w.t.gov.escalation_undo(&ctx, id)).await;
                        false
                    }),
                    10 if wave == 2 => Box::pin(async move {
                        let ctx = w.caller();
                        let _ = patient(|| w.t.gov.escalation_cancel(&ctx, id)).await;
                        false
                    }),
                    11..=13 => Box::pin(async move {
                        let ctx = w.t.gov.ctx(Actor::System("clock"));
                        let _ = patient(|| w.t.gov.escalation_sweep(&ctx)).await;
                        false
                    }),
                    _ => {
                        Box::pin(
                            async move { matches!(patient(|| w.consume(&ask, None)).await, Ok(Consumption::Used(_))) },
                        )
                    }
                });
            }
            let permits = at_once(tasks).await.into_iter().filter(|used| *used).count();
            let told = w.told(id).await;
            check_history(&w, &record, &told).await;
            assert!(permits <= told.iter().filter(|k| *k == "consumed").count(), "{told:?}");
            w.wait([5, 10, 1_800][rng.random_range(0..3)]);
        }
    }
}

/// What the log tells of one escalation is a history the rules allow, and ends where the row stands.
async fn check_history(w: &World, record: &Record, told: &[String]) {
    let count = |kind: &str| told.iter().filter(|k| *k == kind).count();
    let ends: usize = ["consumed", "denied", "expired", "cancelled", "revoked"].iter().map(|k| count(k)).sum();
    assert!(ends <= 1, "two ends: {told:?}");
    assert!(count("consumed") <= 1 && count("released") <= 1 && count("opened") == 1, "{told:?}");
    let mut phase = Phase::Pending;
    for kind in told {
        let next = match kind.as_str() {
            "held" => Phase::Held,
            "undone" => Phase::Pending,
            "released" => Phase::Approved,
            "opened" | "vote" | "late_vote" | "reminded" | "learned" => continue,
            end => end.parse().expect("a state"),
        };
        assert!(phase.may_become(next), "{phase} became {next}: {told:?}");
        phase = next;
    }
    assert_eq!(w.get(record.escalation.id).await.escalation.phase(), phase, "{told:?}");
}

const UNGUARDED: &str =
    "update escalations set state = 'consumed', permit_id = $2, ended_at = $3, due_at = null where id = $1";

/// The same 64 stale copies, written with the guard and, as the control, without it.
async fn stale_copies_move_one_row_and_without_the_guard_all_of_them(t: Fresh) {
    t.by_hand(&[Invariant::I6]);
    let w = World::new(t, 1).await;
    for guarded in [true, false] {
        let record = w.open(w.refund(i64::from(guarded), Tier::High, 1)).await;
        w.vote(&record, w.people[0], Verdict::Approve).await.expect("a vote");
        let stale = w.get(record.escalation.id).await;
        let writes = (0..64_u8).map(|n| {
            let (w, stale) = (w.clone(), stale.clone());
            async move {
                let permit = DecisionId::new(w.t.gov.now(), [n; 10]);
                let write = || async {
                    let mut write = w.t.gov.write(&w.caller()).await?;
                    let at = write.at();
                    let after = stale.escalation.clone().consume(&stale.escalation.digest, permit, at)?;
                    if guarded {
                        let moved = Record { escalation: after, ..stale.clone() };
                        store::escalations::save(&mut write.tx, &moved).await?;
                    } else {
                        let args = [after.id.into(), permit.into(), at.into()];
                        write.tx.execute_one(UNGUARDED, &args, "no row").await?;
                    }
                    write.append(Event::new(EventKind::EscalationConsumed, "test")).await?;
                    write.commit().await
                };
                patient(write).await
            }
        });
        let answers = at_once(writes.collect()).await;
        let permits = answers.iter().filter(|a| a.is_ok()).count();
        assert_eq!(permits, if guarded { 1 } else { 64 }, "guarded: {guarded}");
        assert!(answers.iter().filter_map(|a| a.as_ref().err()).all(|e| e.kind == Kind::Conflict));
    }
}
