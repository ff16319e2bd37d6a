//! Plots drawn by the server as SVG: a question for a title, a sentence for those who cannot see it, direct labels, and the
//! same numbers as a table and as CSV. At most five series.
mod area;
mod axes;
mod bar;
mod frame;
mod heatmap;
mod line;
mod scale;

pub use area::Area;
pub use bar::{Bar100, Bars};
pub use frame::Plot;
pub use heatmap::Heatmap;
pub use line::Line;

/// One named row of values, as many as there are places on the x axis. A place nothing measured is `None` in a `Line`.
#[derive(Debug, Clone, PartialEq)]
pub struct Series<T = f64> {
    pub name: String,
    pub values: Vec<T>,
}
