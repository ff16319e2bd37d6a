//! From values to places: everything here is percent of the plot's height, counted from the top.

/// How values are laid along the y axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From zero to `max`, a label every `step`.
    Linear { max: f64, step: f64 },
    /// From `min` to `max`, equal ratios apart; both above zero.
    Log { min: f64, max: f64 },
}

impl Scale {
    /// Zero to a round number at or above the largest value. Where all values are whole, so are the labels.
    pub fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (mut largest, mut whole) = (0.0_f64, true);
        for v in values {
            largest = largest.max(v);
            whole &= v.fract() == 0.0;
        }
        let step = step(largest, whole);
        Self::Linear { max: (largest / step).ceil().max(1.0) * step, step }
    }
    /// Whole decades around the values; values at or below zero do not count.
    pub fn log(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for v in values.filter(|v| *v > 0.0) {
            (low, high) = (low.min(v), high.max(v));
        }
        if high == 0.0 {
            return Self::Log { min: 1.0, max: 10.0 };
        }
        let (min, max) = (10_f64.powf(low.log10().floor()), 10_f64.powf(high.log10().ceil()));
        Self::Log { min, max: if max > min { max } else { min * 10.0 } }
    }
    /// Percent from the top; what lies outside is moved to the edge.
    pub fn place(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { max, .. } => value / max,
            Self::Log { min, max } if value > 0.0 => (value / min).ln() / (max / min).ln(),
            Self::Log { .. } => 0.0,
        };
        100.0 - share.clamp(0.0, 1.0) * 100.0
    }
    /// The values that get a line and a label.
    pub fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { max, step } => {
                // three times 0.2 is not 0.6 in binary: a tick is shown, so it is rounded
                (0..).map(|i| (f64::from(i) * step * 1e9).round() / 1e9).take_while(|v| *v <= max * 1.000_001).collect()
            }
            Self::Log { min, max } => {
                (0..).map(|i| min * 10_f64.powi(i)).take_while(|v| *v <= max * 1.000_001).collect()
            }
        }
    }
}

/// A round distance that gives about four steps: 1, 2, 2.5 or 5 times a power of ten; a whole number if asked.
fn step(largest: f64, whole: bool) -> f64 {
    if largest <= 0.0 || !largest.is_finite() {
        return 1.0;
    }
    let rough = largest / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let fits = |s: &f64| *s >= rough * 0.999_999 && (!whole || s.fract() == 0.0);
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(fits).unwrap_or_else(|| (power * 10.0).max(1.0))
}

/// Where point `i` of `n` stands, in percent from the left.
#[expect(clippy::cast_precision_loss, reason = "an axis has far fewer than 2^52 places")]
pub fn along(i: usize, n: usize) -> f64 {
    if n < 2 { 50.0 } else { i as f64 * 100.0 / (n - 1) as f64 }
}

/// Moves labels apart so that none is nearer than `gap` percent to the next, keeping their order and staying inside.
pub fn spread(places: &[f64], gap: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let mut out = places.to_vec();
    let mut floor = f64::NEG_INFINITY;
    for &i in &order {
        out[i] = out[i].max(floor);
        floor = out[i] + gap;
    }
    let mut ceiling = 100.0;
    for &i in order.iter().rev() {
        out[i] = out[i].min(ceiling);
        ceiling = out[i] - gap;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_largest() {
        let check = |values: &[f64], expected: &[f64]| {
            assert_eq!(Scale::linear(values.iter().copied()).ticks(), expected, "{values:?}");
        };
        check(&[1.0], &[0.0, 1.0]);
        check(&[0.5], &[0.0, 0.2, 0.4, 0.6]);
        check(&[10.0], &[0.0, 5.0, 10.0]);
        check(&[97.0, 3.0], &[0.0, 25.0, 50.0, 75.0, 100.0]);
        check(&[100.0], &[0.0, 25.0, 50.0, 75.0, 100.0]);
        check(&[7.0], &[0.0, 2.0, 4.0, 6.0, 8.0]);
        check(&[], &[0.0, 1.0]);
        check(&[0.0], &[0.0, 1.0]);
    }

    #[test]
    fn decades_enclose_the_values() {
        assert_eq!(Scale::log([6.0, 74.0].into_iter()), Scale::Log { min: 1.0, max: 100.0 });
        assert_eq!(Scale::log([10.0].into_iter()), Scale::Log { min: 10.0, max: 100.0 });
        assert_eq!(Scale::log([0.0].into_iter()), Scale::Log { min: 1.0, max: 10.0 });
        let scale = Scale::Log { min: 1.0, max: 100.0 };
        assert!((scale.place(10.0) - 50.0).abs() < 1e-9);
        assert_eq!((scale.place(0.0), scale.place(1_000.0)), (100.0, 0.0));
    }

    #[test]
    fn labels_keep_their_distance() {
        assert_eq!(spread(&[10.0, 12.0, 50.0], 8.0), [10.0, 18.0, 50.0]);
        assert_eq!(spread(&[98.0, 99.0], 8.0), [92.0, 100.0]);
        assert_eq!(spread(&[50.0, 10.0], 8.0), [50.0, 10.0]);
    }
}
