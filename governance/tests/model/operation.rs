//! What can happen.

/// People: 0 to 3 decide for finance, 3 and 4 for legal, 5 for nobody; from 6 on owners, who decide for finance too.
pub const PEOPLE: usize = 12;
pub const FIRST_OWNER: usize = 6;
/// Operators, who undo: they are counted behind the people who decide.
pub const OPERATORS: usize = 3;
/// Actions of the bundle; those with an odd number have a budget.
pub const TOOLS: usize = 60;
/// Permitted; gated low, by one; gated high, by two; gated low, by legal; a lease; three uses; a window; a lease in a window.
pub const AMOUNTS: [i64; 8] = [50, 500, 5_000, 50_000, 200_000, 300_000, 400_000, 500_000];
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

/// A question; people, tasks and builds by their numbers, agents counted from the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub agent: usize,
    /// The agents it was handed through, first to last.
    pub through: [Option<usize>; 2],
    pub tool: usize,
    pub amount: usize,
    pub task: Option<usize>,
    pub acting: Option<usize>,
    pub starter: Option<usize>,
    pub build: Option<usize>,
    pub named: Named,
}

/// What a report of an act leads to, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    Narrow,
    Suspend,
    Revoke,
}

/// Who says that something may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undoer {
    Operator(usize),
    /// Who owns what was stopped, or is it.
    Owner,
}

/// Objects are counted from the newest, so that a history with steps left out is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    NewAgent {
        owner: usize,
    },
    NextTool,
    Ask(Asked),
    /// The question of an escalation once more, with its approval named or not.
    AskAgain {
        case: usize,
        named: bool,
        starter: Option<usize>,
        build: Option<usize>,
    },
    Vote {
        case: usize,
        by: usize,
        approve: bool,
        care: bool,
        stale: bool,
    },
    Undo {
        case: usize,
        by: usize,
    },
    Cancel {
        case: usize,
    },
    Poll {
        case: usize,
    },
    Redeem {
        grant: usize,
        own: bool,
    },
    Renew {
        grant: usize,
        own: bool,
    },
    RevokeGrant {
        grant: usize,
    },
    RevokeAgent {
        agent: usize,
    },
    RevokeOwner {
        agent: usize,
    },
    RevokeSource {
        agent: usize,
    },
    RevokeTool {
        tool: usize,
    },
    RevokeEverything,
    UndoStop {
        stop: usize,
        by: Undoer,
    },
    Suspend {
        agent: usize,
    },
    Resume {
        agent: usize,
    },
    ApproveBuild {
        agent: usize,
        build: usize,
    },
    Report {
        agent: usize,
        measure: Measure,
    },
    UndoContainment {
        containment: usize,
        by: Undoer,
    },
    OpenTask {
        task: usize,
        agent: usize,
        all: bool,
        seconds: u32,
    },
    CloseTask {
        task: usize,
    },
    Wait {
        until: Until,
        sweep: bool,
    },
}

impl Op {
    /// Its name, as the count of what happened has it.
    pub fn kind(&self) -> String {
        let words = format!("{self:?}");
        words.split([' ', '(']).next().unwrap_or_default().to_owned()
    }
}
