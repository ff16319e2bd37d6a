use super::{
    Series,
    axes::{Axes, End},
    scale::{Scale, along},
};
use leptos::prelude::*;

const STROKES: [&str; 5] =
    ["stroke stroke-c1", "stroke stroke-c2", "stroke stroke-c3", "stroke stroke-c4", "stroke stroke-c5"];

/// One line a series, told apart by dash and label besides colour. Where nothing was measured the line has a gap. `log` is
/// for times and other values that span decades. `ends` names each line at its right end ("p95 74 s").
#[component]
pub fn Line(
    x: Vec<String>,
    series: Vec<Series<Option<f64>>>,
    ends: Vec<String>,
    format: fn(f64) -> String,
    #[prop(optional)] log: bool,
    #[prop(optional)] anchor: Option<(f64, String)>,
) -> impl IntoView {
    let values = || series.iter().flat_map(|s| s.values.iter().copied().flatten()).chain(anchor.iter().map(|a| a.0));
    let scale = if log { Scale::log(values()) } else { Scale::linear(values()) };
    let paths = series
        .iter()
        .enumerate()
        .map(|(i, s)| view! { <path class=STROKES[i % STROKES.len()] d=path(&s.values, scale)/> });
    let paths = paths.collect_view();
    let ends = series.iter().zip(ends).filter_map(|(s, text)| {
        let last = s.values.iter().rev().copied().flatten().next()?;
        Some(End { text, at: scale.place(last), class: "end" })
    });
    let ends = ends.collect();
    view! { <Axes scale format x ends anchor>{paths}</Axes> }
}

/// Neighbours that were both measured are joined; a value alone is a short stroke.
fn path(values: &[Option<f64>], scale: Scale) -> String {
    let n = values.len();
    let mut d = String::new();
    let mut pen_down = false;
    for (i, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        d += &format!("{}{:.2} {:.2}", if pen_down { 'L' } else { 'M' }, along(i, n), scale.place(*value));
        if !pen_down && values.get(i + 1).is_none_or(Option::is_none) {
            d += "h.5";
        }
        pen_down = true;
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_measured_is_a_gap() {
        let scale = Scale::Linear { max: 10.0, step: 2.5 };
        assert_eq!(path(&[Some(0.0), Some(10.0)], scale), "M0.00 100.00L100.00 0.00");
        assert_eq!(path(&[Some(5.0), None, Some(5.0)], scale), "M0.00 50.00h.5M100.00 50.00h.5");
        assert_eq!(path(&[None, None], scale), "");
    }
}
