//! Agents: who owns them, where they come from, what they may be (active or suspended) and which build of them may act.
use super::Model;

/// What policy says of an agent's team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Team {
    Seniors,
    /// Legal reads whatever of theirs needs a person.
    Juniors,
    /// May do only what is small.
    Trainees,
}

#[derive(Debug, Clone)]
pub struct Agent {
    pub owner: usize,
    pub source: Option<usize>,
    pub team: Team,
    pub suspended: bool,
    /// What was approved at a lower one is void.
    pub epoch: u32,
    pub narrowed: bool,
    pub build: Option<Build>,
}

/// The build that may act, and whether another waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    pub digest: usize,
    pub waits: bool,
    /// A person said so; else it was the first that was seen.
    approved: bool,
}

/// Which team the agent of that number is in.
pub fn team(n: usize) -> Team {
    match n % 6 {
        2 => Team::Juniors,
        5 => Team::Trainees,
        _ => Team::Seniors,
    }
}

impl Team {
    /// Its name; `None`: nothing is said of seniors.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Seniors => None,
            Self::Juniors => Some("juniors"),
            Self::Trainees => Some("trainees"),
        }
    }
}

/// Which source the agent of that number comes from: two of four come from one together.
pub fn source(n: usize) -> Option<usize> {
    (n % 2 == 1).then_some(n / 4)
}

impl Model {
    pub(super) fn add_agent(&mut self, owner: usize) -> String {
        let n = self.agents.len();
        let (source, team) = (source(n), team(n));
        self.agents.push(Agent { owner, source, team, suspended: false, epoch: 0, narrowed: false, build: None });
        "added".into()
    }
    pub fn owner(&self, agent: usize) -> usize {
        self.agents[agent].owner
    }
    pub fn source(&self, agent: usize) -> Option<usize> {
        self.agents[agent].source
    }

    /// What was approved for it in its former state is void.
    pub(super) fn suspend(&mut self, agent: usize) -> String {
        if self.agents[agent].suspended {
            return "error Conflict".into();
        }
        self.agents[agent].suspended = true;
        self.agents[agent].epoch += 1;
        "suspended".into()
    }
    pub(super) fn resume(&mut self, agent: usize) -> String {
        if !self.agents[agent].suspended || self.held(agent) {
            return "error Conflict".into();
        }
        self.agents[agent].suspended = false;
        self.agents[agent].epoch += 1;
        "resumed".into()
    }

    /// The first build is kept on trust; another waits for a person, and going back does not lift that.
    pub(super) fn look(&mut self, agent: usize, told: Option<usize>) {
        let Some(told) = told else { return };
        match &mut self.agents[agent].build {
            None => self.agents[agent].build = Some(Build { digest: told, waits: false, approved: false }),
            Some(build) => build.waits |= build.digest != told,
        }
    }
    /// The question may not be permitted for its build.
    pub(super) fn other_build(&self, agent: usize, told: Option<usize>) -> bool {
        self.agents[agent].build.is_some_and(|b| b.waits || told.is_some_and(|told| told != b.digest))
    }
    pub(super) fn build_waits(&self, agent: usize) -> bool {
        self.agents[agent].build.is_some_and(|b| b.waits)
    }
    pub(super) fn approve_build(&mut self, agent: usize, digest: usize) -> String {
        if self.agents[agent].build.is_some_and(|b| b.digest == digest && !b.waits && b.approved) {
            return "error Conflict".into();
        }
        self.agents[agent].build = Some(Build { digest, waits: false, approved: true });
        "approved".into()
    }
}
