use super::scale::{Scale, along, spread};
use leptos::prelude::*;

/// A label at the right end of a series.
pub struct End {
    pub text: String,
    /// Percent from the top.
    pub at: f64,
    pub class: &'static str,
}

/// Axes around a drawing of 100 × 100 units that is stretched to fit, while the text keeps its size. `x` are all places;
/// about five of them are written.
#[component]
pub fn Axes(
    scale: Scale,
    format: fn(f64) -> String,
    x: Vec<String>,
    ends: Vec<End>,
    /// A value worth a dashed line, with its words.
    anchor: Option<(f64, String)>,
    children: Children,
) -> impl IntoView {
    let ticks: Vec<_> = scale.ticks().into_iter().map(|v| (format!("{:.2}%", scale.place(v)), format(v))).collect();
    let lines = ticks.iter().map(|(y, _)| view! { <line class="grid" x1="0" x2="100%" y1=y.clone() y2=y.clone()/> });
    let lines = lines.collect_view();
    let labels = ticks.iter().map(|(y, text)| view! { <text x="100%" y=y.clone() text-anchor="end" dominant-baseline="middle">{text.clone()}</text> });
    let labels = labels.collect_view();
    let mut ends = ends;
    let anchor_line = anchor.as_ref().map(|(value, _)| {
        let y = format!("{:.2}%", scale.place(*value));
        view! {
            <line class="anchor-halo" x1="0" x2="100%" y1=y.clone() y2=y.clone()/>
            <line class="anchor" x1="0" x2="100%" y1=y.clone() y2=y/>
        }
    });
    ends.extend(anchor.map(|(value, text)| End { text, at: scale.place(value), class: "end end-anchor" }));
    let places = spread(&ends.iter().map(|e| e.at).collect::<Vec<_>>(), 9.0);
    let ends = ends.into_iter().zip(places).map(
        |(e, y)| view! { <text class=e.class x="0" y=format!("{y:.2}%") dominant-baseline="middle">{e.text}</text> },
    );
    let n = x.len();
    let shown = few(n);
    let x = x.into_iter().enumerate().filter(move |(i, _)| shown.contains(i)).map(|(i, text)| {
        let anchor = if i == 0 {
            "start"
        } else if i + 1 == n {
            "end"
        } else {
            "middle"
        };
        view! { <text x=format!("{:.2}%", along(i, n)) y="14" text-anchor=anchor>{text}</text> }
    });
    view! {
        <div class="axes">
            <svg class="axis-y" aria-hidden="true">{labels}</svg>
            <svg class="axis-plot" aria-hidden="true">
                {lines}
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">{children()}</svg>
                {anchor_line}
            </svg>
            <svg class="axis-end" aria-hidden="true">{ends.collect_view()}</svg>
            <svg class="axis-x" aria-hidden="true">{x.collect_view()}</svg>
        </div>
    }
}

/// At most five places out of `n`, evenly apart, the first and the last among them.
fn few(n: usize) -> Vec<usize> {
    let shown = n.min(5);
    (0..shown).map(|k| if shown < 2 { 0 } else { (k * (n - 1) * 2 + shown - 1) / ((shown - 1) * 2) }).collect()
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn labels_stand_evenly_with_first_and_last() {
        assert_eq!(few(12), [0, 3, 6, 8, 11]);
        assert_eq!(few(5), [0, 1, 2, 3, 4]);
        assert_eq!(few(2), [0, 1]);
        assert_eq!(few(1), [0]);
        assert!(few(0).is_empty());
    }
}
