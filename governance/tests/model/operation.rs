//! What can happen, and a generator that prefers what is interesting: the newest cases, and the instants at which time ends
//! something.
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// People: 0 to 3 decide for finance, 4 alone for legal, 5 for nobody; from 6 on owners, who decide for finance too.
pub const PEOPLE: usize = 12;
pub const FIRST_OWNER: usize = 6;
/// Actions of the bundle.
pub const TOOLS: usize = 60;
/// Permitted; gated low, by one; gated high, by two; gated low, by legal.
pub const AMOUNTS: [i64; 4] = [50, 500, 5_000, 50_000];
/// Names of tasks.
pub const TASKS: usize = 3;

/// Which approval a question names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Nothing,
    Newest(usize),
    Nonsense,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Milliseconds(i64),
    /// The next instant at which time ends something, and so many milliseconds off it.
    Due(i64),
}

/// A question; people and tasks by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub agent: usize,
    pub tool: usize,
    pub amount: usize,
    pub task: Option<usize>,
    pub acting: Option<usize>,
    pub starter: Option<usize>,
    pub named: Named,
}

/// Objects are counted from the newest, so that a history with steps left out is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    NewAgent { owner: usize },
    NextTool,
    Ask(Asked),
    Vote { case: usize, by: usize, approve: bool, care: bool, stale: bool },
    Undo { case: usize, by: usize },
    Cancel { case: usize },
    Poll { case: usize },
    Redeem { grant: usize, own: bool },
    RevokeGrant { grant: usize },
    RevokeAgent { agent: usize },
    RevokeOwner { agent: usize },
    RevokeTool { tool: usize },
    RevokeEverything,
    OpenTask { task: usize, agent: usize, all: bool, seconds: u32 },
    CloseTask { task: usize },
    Wait { until: Until, sweep: bool },
}

/// A history of `length` steps from a seed.
pub fn history(seed: u64, length: usize) -> Vec<Op> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut all = vec![Op::NewAgent { owner: FIRST_OWNER }, Op::NewAgent { owner: FIRST_OWNER + 1 }];
    while all.len() < length {
        all.push(step(&mut rng));
        // a stop is for good: who was stopped is followed by another
        match all.last() {
            Some(Op::RevokeAgent { .. } | Op::RevokeOwner { .. }) => {
                all.push(Op::NewAgent { owner: rng.random_range(FIRST_OWNER..PEOPLE) });
            }
            Some(Op::RevokeTool { .. }) => all.push(Op::NextTool),
            _ => {}
        }
    }
    all
}

fn few(rng: &mut StdRng) -> usize {
    [0, 0, 0, 1, 1, 2, 3][rng.random_range(0..7)]
}

fn step(rng: &mut StdRng) -> Op {
    let some = |rng: &mut StdRng, chance: f64, most: usize| rng.random_bool(chance).then(|| rng.random_range(0..most));
    match rng.random_range(0..1_000) {
        0..330 => Op::Ask(Asked {
            agent: rng.random_range(0..2),
            tool: rng.random_range(0..2),
            amount: [0, 1, 1, 1, 2, 2, 3][rng.random_range(0..7)],
            task: some(rng, 0.5, TASKS),
            acting: some(rng, 0.1, 5),
            starter: some(rng, 0.1, 5),
            named: match rng.random_range(0..20) {
                0..3 => Named::Newest(few(rng)),
                3 => Named::Nonsense,
                _ => Named::Nothing,
            },
        }),
        330..600 => Op::Vote {
            case: few(rng),
            by: [0, 1, 2, 3, 4, 4, 5, 6, 7, 8][rng.random_range(0..10)],
            approve: rng.random_bool(0.85),
            care: rng.random_bool(0.95),
            stale: rng.random_bool(0.04),
        },
        600..640 => Op::Undo { case: few(rng), by: rng.random_range(0..8) },
        640..660 => Op::Cancel { case: few(rng) },
        660..690 => Op::Poll { case: few(rng) },
        690..770 => Op::Redeem { grant: few(rng), own: rng.random_bool(0.9) },
        770..776 => Op::RevokeGrant { grant: few(rng) },
        776..782 => Op::RevokeAgent { agent: rng.random_range(0..3) },
        782 => Op::RevokeOwner { agent: rng.random_range(0..3) },
        783..785 => Op::RevokeTool { tool: rng.random_range(0..3) },
        785..830 => Op::OpenTask {
            task: rng.random_range(0..TASKS),
            agent: rng.random_range(0..2),
            all: rng.random_bool(0.7),
            seconds: [600, 3_600][rng.random_range(0..2)],
        },
        830..860 => Op::CloseTask { task: rng.random_range(0..TASKS) },
        _ => {
            let until = match rng.random_range(0..10) {
                0..3 => Until::Due([-1, 0, 0, 1][rng.random_range(0..4)]),
                3..7 => Until::Milliseconds(rng.random_range(900..3_000)),
                7..9 => Until::Milliseconds(10_000),
                _ => Until::Milliseconds(rng.random_range(60_000..1_000_000)),
            };
            Op::Wait { until, sweep: rng.random_bool(0.6) }
        }
    }
}
