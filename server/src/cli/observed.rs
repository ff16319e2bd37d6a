//! `countersign identity observed` and `identity enforce`: what enforcing would change, for people.
use super::out::table;
use governance::{
    observation::{Observation, limits::Limit},
    text::visible_line,
};

/// The whole observation in lines.
#[must_use]
pub fn words(name: &str, o: &Observation) -> String {
    let mut text = format!(
        "{}: {} questions since {}; enforcing would permit {}, ask a person for {} and deny {}\n",
        visible_line(name),
        o.asked,
        o.from,
        o.permitted,
        o.to_a_person,
        o.denied
    );
    if o.cut {
        text += "there are more: the newest were looked at\n";
    }
    if o.erased > 0 {
        text += &format!("{} more were erased\n", o.erased);
    }
    if !o.stops.is_empty() {
        let mut rows = vec![["TIMES", "ACTION", "ANSWER", "BECAUSE OF", "LAST"].map(String::from).to_vec()];
        rows.extend(o.stops.iter().map(|s| {
            let action = visible_line(&s.action).into_owned();
            vec![s.n.to_string(), action, s.answer.as_str().into(), s.because.join(", "), s.last.to_string()]
        }));
        text += &format!("\n{}", table(&rows));
    }
    text += "\n";
    match &o.boundary {
        None => text += "boundary: too little history, 20 questions are needed\n",
        Some(b) => {
            let lists = [("tools", &b.tools), ("data classes", &b.data_classes), ("hands work to", &b.downstream)];
            for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                text += &format!("{what}: {}\n", visible_line(&list.join(", ")));
            }
            if let Some(hours) = &b.active_hours {
                text += &format!("active hours: {hours}\n");
            }
        }
    }
    text + &o.limits.iter().map(limit).collect::<String>()
}

fn limit(l: &Limit) -> String {
    let mut text =
        format!("\n{}: {} seen, busiest 24 hours {}", visible_line(&l.action), l.observations, l.number(l.day));
    let Some(draft) = &l.draft else { return text + "; too little history for a limit\n" };
    text += &format!("; drafted limit {} a day\n", l.number(draft.day));
    [&draft.manifest, &draft.schema, &draft.rule]
        .into_iter()
        .filter(|part| !part.is_empty())
        .fold(text, |text, part| text + &part.lines().map(|line| format!("    {line}\n")).collect::<String>())
}
