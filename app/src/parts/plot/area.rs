use super::{
    Series,
    axes::{Axes, End},
    scale::{Scale, along},
};
use leptos::prelude::*;

const FILLS: [&str; 5] = ["fill-c1", "fill-s3", "fill-unknown", "fill-c3", "fill-c5"];

/// Series stacked on each other, the first at the bottom: shares of a whole, or counts that add up. `ends` names each at its
/// right end ("Full 64 %"), in the order of the series.
///
/// `<Area x=months series ends format=|v| format!("{v:.0} %")/>`
#[component]
pub fn Area(
    x: Vec<String>,
    series: Vec<Series>,
    ends: Vec<String>,
    format: fn(f64) -> String,
    #[prop(optional)] anchor: Option<(f64, String)>,
) -> impl IntoView {
    let n = x.len();
    let layers = stack(&series, n);
    let scale = Scale::linear(layers.last().into_iter().flatten().map(|(_, top)| *top));
    let paths = layers
        .iter()
        .enumerate()
        .map(|(i, layer)| view! { <path class=FILLS[i % FILLS.len()] d=outline(layer, scale)/> });
    let paths = paths.collect_view();
    let ends = layers.iter().zip(ends).filter_map(|(layer, text)| {
        let (bottom, top) = *layer.last()?;
        Some(End { text, at: scale.place(f64::midpoint(bottom, top)), class: "end" })
    });
    let ends = ends.collect();
    view! { <Axes scale format x ends anchor>{paths}</Axes> }
}

/// Bottom and top of each series at each place.
fn stack(series: &[Series], n: usize) -> Vec<Vec<(f64, f64)>> {
    let mut floor = vec![0.0; n];
    series
        .iter()
        .map(|s| {
            floor
                .iter_mut()
                .zip(&s.values)
                .map(|(floor, value)| {
                    let bottom = *floor;
                    *floor += value.max(0.0);
                    (bottom, *floor)
                })
                .collect()
        })
        .collect()
}

fn outline(layer: &[(f64, f64)], scale: Scale) -> String {
    let n = layer.len();
    let tops = layer.iter().enumerate().map(|(i, (_, top))| (along(i, n), scale.place(*top)));
    let bottoms = layer.iter().enumerate().rev().map(|(i, (bottom, _))| (along(i, n), scale.place(*bottom)));
    let mut d = String::new();
    for (i, (x, y)) in tops.chain(bottoms).enumerate() {
        d += &format!("{}{x:.2} {y:.2}", if i == 0 { 'M' } else { 'L' });
    }
    if !d.is_empty() {
        d.push('Z');
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_stand_on_each_other() {
        let series = [[1.0, 2.0], [3.0, 2.0]].map(|v| Series { name: String::new(), values: v.to_vec() });
        let layers = stack(&series, 2);
        assert_eq!(layers, [[(0.0, 1.0), (0.0, 2.0)], [(1.0, 4.0), (2.0, 4.0)]]);
        assert_eq!(
            outline(&layers[0], Scale::Linear { max: 4.0, step: 1.0 }),
            "M0.00 75.00L100.00 50.00L100.00 100.00L0.00 100.00Z"
        );
    }
}
