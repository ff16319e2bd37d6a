//! The controls: each rule told wrongly, one at a time. A comparison that notices none of them compares nothing.

/// A rule told wrongly: what shows that a difference is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// An approval can still be used at the instant of its end.
    EndIncluded,
    /// An owner's vote suffices.
    OwnerAlone,
    /// What was approved for a task outlives it.
    TaskKeepsGrants,
    /// An undo works after the hold.
    UndoAlways,
    /// A stop of a tool leaves its grants.
    ToolKeepsGrants,
    /// An approval yields as many permits as are asked for.
    NeverUsedUp,
    /// A lease goes on though a renewal was missed.
    RenewedLate,
    /// A renewal reaches past the lease's own end.
    LeaseOutlives,
    /// A renewal is granted whatever is so now.
    RenewedBlindly,
    /// A lease can be renewed as often as one likes.
    RenewedAtOnce,
    /// A grant can be spent as often as one likes.
    UsesForever,
    /// A grant holds before its window opens.
    WindowIgnored,
    /// A grant holds when its window has closed.
    WindowOutlived,
    /// A card that no window serves before its task ends is opened all the same.
    WindowNever,
    /// Only the asker is asked about, not the agents it was handed through.
    ChainIgnored,
    /// A chain may come back to who asks.
    ChainCircles,
    /// A stop of an agent leaves what was handed through it.
    LinkKeepsGrants,
    /// A stop of an agent leaves what it handed on free to be asked for.
    LinkAsksOn,
    /// Who owns a link decides alone.
    LinkOwnerAlone,
    /// A stop of a source reaches nobody.
    SourceStopsNobody,
    /// Another build acts like the one that may.
    OtherBuildActs,
    /// Another build may ask for nothing, but what it was granted it may spend.
    OtherBuildSpends,
    /// What is suspended may spend what it was granted.
    SuspendedSpends,
    /// What was approved before a suspension is good after it.
    EpochIgnored,
    /// What was narrowed acts without a person.
    NarrowedActs,
    /// One person undoes a stop.
    OneUndoesStop,
    /// One person undoes what a rule did.
    OneUndoesContainment,
    /// The first person's word waits for ever.
    WordForEver,
    /// Undoing a stop brings back what it ended.
    UndoRestores,
    /// A grant of several uses counts once against the budget.
    UsesCountOnce,
    /// The budget stops nobody.
    BudgetPassed,
    /// What was granted and not used yet counts against no budget once its permit is out of the window.
    OutstandingForgotten,
    /// An agent may have as many questions waiting for people as it likes.
    Crowded,
}

impl Wrong {
    pub const ALL: [Self; 33] = [
        Self::EndIncluded,
        Self::OwnerAlone,
        Self::TaskKeepsGrants,
        Self::UndoAlways,
        Self::ToolKeepsGrants,
        Self::NeverUsedUp,
        Self::RenewedLate,
        Self::LeaseOutlives,
        Self::RenewedBlindly,
        Self::RenewedAtOnce,
        Self::UsesForever,
        Self::WindowIgnored,
        Self::WindowOutlived,
        Self::WindowNever,
        Self::ChainIgnored,
        Self::ChainCircles,
        Self::LinkKeepsGrants,
        Self::LinkAsksOn,
        Self::LinkOwnerAlone,
        Self::SourceStopsNobody,
        Self::OtherBuildActs,
        Self::OtherBuildSpends,
        Self::SuspendedSpends,
        Self::EpochIgnored,
        Self::NarrowedActs,
        Self::OneUndoesStop,
        Self::OneUndoesContainment,
        Self::WordForEver,
        Self::UndoRestores,
        Self::UsesCountOnce,
        Self::BudgetPassed,
        Self::OutstandingForgotten,
        Self::Crowded,
    ];
}
