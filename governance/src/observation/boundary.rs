//! The documented boundary that an identity's use fits in.
use super::Seen;
use crate::decision::Outcome;
use crate::identity::Boundary;
use crate::time::Timestamp;
use crate::watch::history::LEAST;
use chrono::{Datelike as _, Timelike as _, Weekday};
use std::collections::{BTreeMap, BTreeSet};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A boundary from what was used and would not be denied: a denied attempt is not its work. The systems stay as they are
/// documented: questions do not tell them. `None` under 20 observations: too little history.
#[must_use]
pub fn draft(
    seen: &[Seen],
    documented: Option<&Boundary>,
    downstream: Vec<String>,
    thresholds: BTreeMap<String, String>,
) -> Option<Boundary> {
    let used: Vec<_> = seen.iter().filter(|s| s.answer != Outcome::Deny).collect();
    if used.len() < LEAST {
        return None;
    }
    let tools: BTreeSet<_> = used.iter().map(|s| s.action.clone()).collect();
    let classes: BTreeSet<_> = used.iter().filter_map(|s| s.data_class).collect();
    Some(Boundary {
        systems: documented.map(|b| b.systems.clone()).unwrap_or_default(),
        tools: tools.into_iter().collect(),
        data_classes: classes.into_iter().map(|c| c.as_str().to_owned()).collect(),
        downstream,
        thresholds,
        active_hours: hours(used.iter().map(|s| s.at)),
    })
}

/// The days and whole hours, UTC, that these instants lie in: `Mon-Fri 07:00-19:00 UTC`. `None`: at any hour.
fn hours(at: impl Iterator<Item = Timestamp>) -> Option<String> {
    let (mut days, mut first, mut last) = ([false; 7], 24, 0);
    for at in at {
        let at = at.datetime();
        days[at.weekday().num_days_from_monday() as usize] = true;
        first = first.min(at.hour());
        last = last.max(at.hour() + 1);
    }
    if first == 0 && last == 24 && days.iter().all(|d| *d) {
        return None;
    }
    Some(format!("{} {first:02}:00-{last:02}:00 UTC", named(days)))
}

/// `Mon-Fri`, `Mon,Wed`, `Sat-Sun`.
fn named(days: [bool; 7]) -> String {
    let mut parts = Vec::new();
    let mut day = Weekday::Mon.num_days_from_monday() as usize;
    while day < 7 {
        if !days[day] {
            day += 1;
            continue;
        }
        let from = day;
        while day + 1 < 7 && days[day + 1] {
            day += 1;
        }
        parts.push(if from == day { DAYS[from].to_owned() } else { format!("{}-{}", DAYS[from], DAYS[day]) });
        day += 1;
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, seen};
    use super::*;
    use crate::run::DataClass;

    #[test]
    fn hours_are_the_days_and_hours_of_use() {
        #[track_caller]
        fn check(when: &[i64], want: Option<&str>) {
            assert_eq!(hours(when.iter().map(|h| at(*h))).as_deref(), want);
        }
        check(&[0], Some("Mon 09:00-10:00 UTC"));
        check(&[0, 24, 48 + 8], Some("Mon-Wed 09:00-18:00 UTC"));
        check(&[0, 48, 120, 144], Some("Mon,Wed,Sat-Sun 09:00-10:00 UTC"));
        check(&[-9, 14], Some("Mon 00:00-24:00 UTC"));
        check(&[-9, 14, 24, 48, 72, 96, 120, 144], None);
    }

    #[test]
    fn a_draft_holds_what_was_used_and_nothing_that_would_be_denied() {
        let mut used: Vec<_> = (0..20).map(|n| seen("refund", n % 3, Outcome::Permit, None)).collect();
        used[0].data_class = Some(DataClass::Personal);
        used.push(seen("mail", 1, Outcome::Escalate, None));
        let mut denied = seen("payroll", 12, Outcome::Deny, None);
        denied.data_class = Some(DataClass::Restricted);
        used.push(denied);
        let documented = Boundary { systems: vec!["crm".into()], tools: vec!["old".into()], ..Boundary::default() };
        let drafted = draft(&used, Some(&documented), vec!["helper".into()], BTreeMap::new()).unwrap();
        assert_eq!(drafted.tools, ["mail", "refund"]);
        assert_eq!(drafted.data_classes, ["personal"]);
        assert_eq!((drafted.systems, drafted.downstream), (vec!["crm".to_owned()], vec!["helper".to_owned()]));
        assert_eq!(drafted.active_hours.as_deref(), Some("Mon 09:00-12:00 UTC"));
    }

    #[test]
    fn too_little_history_drafts_nothing() {
        let used: Vec<_> = (0..19).map(|n| seen("refund", n, Outcome::Permit, None)).collect();
        assert_eq!(draft(&used, None, vec![], BTreeMap::new()), None);
    }
}
