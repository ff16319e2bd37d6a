//! Random histories that prefer what is interesting: the newest cases, and the instants at which time ends something.
use crate::operation::{Asked, FIRST_OWNER, Measure, Named, OPERATORS, Op, PEOPLE, TASKS, Undoer, Until};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A history of `length` steps or a few more from a seed.
pub fn history(seed: u64, length: usize) -> Vec<Op> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut all = vec![Op::NewAgent { owner: FIRST_OWNER }, Op::NewAgent { owner: FIRST_OWNER + 1 }];
    while all.len() < length {
        if rng.random_bool(0.02) {
            all.extend(errand(&mut rng));
        } else if rng.random_bool(0.001) {
            all.extend(crowd(&mut rng));
        } else {
            let next = step(&mut rng);
            all.push(next);
            follow(&mut rng, next, &mut all);
        }
    }
    all
}

/// What chance alone rarely brings together: work that is approved, begun and, when something has come between, gone on with.
fn errand(rng: &mut StdRng) -> Vec<Op> {
    let (agent, link, tool) = (rng.random_range(0..2), rng.random_range(0..4), rng.random_range(0..2));
    let (task, handed) = (some(rng, 0.4, TASKS), rng.random_bool(0.5));
    let ask = Asked {
        agent,
        through: [handed.then_some(link), None],
        tool,
        amount: [1, 2, 4, 4, 5, 6, 7, 7][rng.random_range(0..8)],
        task,
        acting: None,
        starter: None,
        build: None,
        named: Named::Nothing,
    };
    let vote = |by| Op::Vote { case: 0, by, approve: true, care: true, stale: false };
    // a lease may end before it is to be renewed
    let seconds = [600, 20][rng.random_range(0..2)];
    let mut all: Vec<Op> = task.map(|task| Op::OpenTask { task, agent, all: true, seconds }).into_iter().collect();
    // perhaps who owns one of the agents, who does not decide alone
    let owner =
        Op::Vote { case: 0, by: rng.random_range(FIRST_OWNER..PEOPLE), approve: true, care: true, stale: false };
    all.extend([Op::Ask(ask), owner, vote(0), vote(1), vote(4), vote(3)]);
    all.extend([
        Op::AskAgain { case: 0, named: false, starter: None, build: None },
        Op::Redeem { grant: 0, own: true },
    ]);
    all.push(Op::Wait { until: Until::Milliseconds(rng.random_range(8_000..16_000)), sweep: false });
    let (between, after) = between(rng, ask, link);
    all.extend(between);
    all.extend([Op::Renew { grant: 0, own: true }, renew(rng), redeem(rng)]);
    all.extend([Op::Wait { until: Until::Due(0), sweep: false }, redeem(rng)]);
    // what came between passes, mostly
    all.extend(after.into_iter().filter(|_| rng.random_bool(0.9)));
    all
}

/// What comes between work that was begun and its going on, and how it passes.
fn between(rng: &mut StdRng, ask: Asked, link: usize) -> (Vec<Op>, Vec<Op>) {
    let agent = [ask.agent, link][rng.random_range(0..2)];
    let small = Asked { agent, amount: 0, through: [None, None], ..ask };
    let undo = |by| Op::UndoContainment { containment: 0, by: Undoer::Operator(by) };
    match rng.random_range(0..12) {
        0 => (vec![Op::Suspend { agent }], vec![Op::Resume { agent }]),
        1 => (vec![Op::Report { agent, measure: Measure::Narrow }], vec![undo(0), undo(1)]),
        2 => (vec![Op::Report { agent, measure: Measure::Suspend }], vec![undo(0), undo(1)]),
        3 => {
            let other = Op::Ask(Asked { build: Some(1), ..small });
            (vec![other], vec![Op::ApproveBuild { agent, build: 0 }])
        }
        4 => {
            let undone = [0, 1].map(|by| Op::UndoStop { stop: 0, by: Undoer::Operator(by) });
            (vec![Op::RevokeAgent { agent: link }], undone.into())
        }
        5 => (vec![Op::Ask(Asked { agent: ask.agent, ..small }); 8], vec![]),
        6 => (ask.task.map(|task| Op::CloseTask { task }).into_iter().collect(), vec![]),
        7 => (vec![Op::Undo { case: 0, by: 0 }], vec![]),
        _ => (vec![], vec![]),
    }
}

/// More questions of one agent than may wait for people at once.
fn crowd(rng: &mut StdRng) -> Vec<Op> {
    let agent = rng.random_range(0..2);
    let asked = |amount, tool, acting| {
        let through = [None, None];
        Op::Ask(Asked {
            agent,
            through,
            tool,
            amount,
            task: None,
            acting,
            starter: None,
            build: None,
            named: Named::Nothing,
        })
    };
    let amounts = 1..6;
    amounts
        .flat_map(|amount| [None, Some(0), Some(1)].map(|a| [asked(amount, 0, a), asked(amount, 1, a)]))
        .flatten()
        .collect()
}

/// A stop may be for good: who was stopped is followed by another. What stops many is undone soon, or nobody would be left.
fn follow(rng: &mut StdRng, done: Op, all: &mut Vec<Op>) {
    let undone = [0, 1].map(|by| Op::UndoStop { stop: 0, by: Undoer::Operator(by) });
    match done {
        Op::RevokeAgent { .. } => all.push(Op::NewAgent { owner: rng.random_range(FIRST_OWNER..PEOPLE) }),
        Op::RevokeTool { .. } => all.push(Op::NextTool),
        Op::RevokeOwner { .. } | Op::RevokeSource { .. } | Op::RevokeEverything => {
            all.extend([again(rng), redeem(rng), Op::Renew { grant: 0, own: true }]);
            all.extend(undone.into_iter().filter(|_| rng.random_bool(0.95)));
        }
        Op::Suspend { agent } => {
            all.extend([again(rng), redeem(rng), renew(rng)]);
            all.extend(rng.random_bool(0.7).then_some(Op::Resume { agent }));
        }
        Op::Report { measure, .. } => {
            all.extend([again(rng), redeem(rng), renew(rng)]);
            let undo = |by| Op::UndoContainment { containment: 0, by };
            if rng.random_bool(0.7) && measure != Measure::Revoke {
                all.extend([undo(undoer(rng)), undo(undoer(rng)), undo(Undoer::Operator(0))]);
            }
        }
        _ => {}
    }
}

fn few(rng: &mut StdRng) -> usize {
    [0, 0, 0, 1, 1, 2, 3][rng.random_range(0..7)]
}

fn some(rng: &mut StdRng, chance: f64, most: usize) -> Option<usize> {
    rng.random_bool(chance).then(|| rng.random_range(0..most))
}

fn undoer(rng: &mut StdRng) -> Undoer {
    match rng.random_bool(0.2) {
        true => Undoer::Owner,
        false => Undoer::Operator(rng.random_range(0..OPERATORS)),
    }
}

fn ask(rng: &mut StdRng) -> Op {
    let handed = rng.random_bool(0.2);
    Op::Ask(Asked {
        agent: rng.random_range(0..2),
        through: [handed.then(|| rng.random_range(0..4)), if handed { some(rng, 0.3, 5) } else { None }],
        tool: rng.random_range(0..2),
        amount: [0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 7][rng.random_range(0..14)],
        task: some(rng, 0.4, TASKS),
        acting: some(rng, 0.1, 5),
        starter: some(rng, 0.1, 5),
        // the one build and, now and then, another
        build: rng.random_bool(0.3).then(|| usize::from(rng.random_bool(0.02))),
        named: match rng.random_range(0..20) {
            0..2 => Named::Newest(few(rng)),
            2 => Named::Nonsense,
            _ => Named::Nothing,
        },
    })
}

fn again(rng: &mut StdRng) -> Op {
    Op::AskAgain {
        case: few(rng),
        named: rng.random_bool(0.2),
        starter: some(rng, 0.05, 5),
        build: rng.random_bool(0.1).then_some(0),
    }
}

fn redeem(rng: &mut StdRng) -> Op {
    Op::Redeem { grant: few(rng), own: rng.random_bool(0.95) }
}

fn renew(rng: &mut StdRng) -> Op {
    Op::Renew { grant: few(rng), own: rng.random_bool(0.95) }
}

fn step(rng: &mut StdRng) -> Op {
    match rng.random_range(0..1_000) {
        0..200 => ask(rng),
        200..340 => again(rng),
        340..550 => Op::Vote {
            case: few(rng),
            by: [0, 1, 2, 3, 3, 4, 5, 6, 7, 8][rng.random_range(0..10)],
            approve: rng.random_bool(0.88),
            care: rng.random_bool(0.95),
            stale: rng.random_bool(0.04),
        },
        550..580 => Op::Undo { case: few(rng), by: rng.random_range(0..8) },
        580..595 => Op::Cancel { case: few(rng) },
        595..620 => Op::Poll { case: few(rng) },
        620..695 => redeem(rng),
        695..755 => renew(rng),
        755..760 => Op::RevokeGrant { grant: few(rng) },
        760..764 => Op::RevokeAgent { agent: rng.random_range(0..4) },
        764..766 => Op::RevokeOwner { agent: rng.random_range(0..3) },
        766..768 => Op::RevokeSource { agent: rng.random_range(0..4) },
        768..770 => Op::RevokeTool { tool: rng.random_range(0..3) },
        770 => Op::RevokeEverything,
        771..794 => Op::UndoStop { stop: few(rng), by: undoer(rng) },
        794..799 => Op::Suspend { agent: rng.random_range(0..4) },
        799..804 => Op::Resume { agent: rng.random_range(0..4) },
        804..818 => Op::ApproveBuild { agent: rng.random_range(0..4), build: usize::from(rng.random_bool(0.1)) },
        818..824 => {
            let measure = [Measure::Narrow, Measure::Narrow, Measure::Suspend, Measure::Revoke][rng.random_range(0..4)];
            Op::Report { agent: rng.random_range(0..3), measure }
        }
        824..834 => Op::UndoContainment { containment: few(rng), by: undoer(rng) },
        834..870 => Op::OpenTask {
            task: rng.random_range(0..TASKS),
            agent: rng.random_range(0..2),
            all: rng.random_bool(0.7),
            seconds: [600, 3_600][rng.random_range(0..2)],
        },
        870..890 => Op::CloseTask { task: rng.random_range(0..TASKS) },
        _ => {
            let until = match rng.random_range(0..200) {
                0..70 => Until::Due([-1, 0, 0, 1][rng.random_range(0..4)]),
                70..140 => Until::Milliseconds(rng.random_range(900..3_000)),
                140..182 => Until::Milliseconds(10_000),
                182..199 => Until::Milliseconds(rng.random_range(60_000..1_000_000)),
                _ => Until::Milliseconds(25 * 3_600_000),
            };
            Op::Wait { until, sweep: rng.random_bool(0.6) }
        }
    }
}
