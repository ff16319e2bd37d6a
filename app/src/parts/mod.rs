//! Shared pieces of pages, each once. A page is made of these and of plain HTML; none needs script, and none writes a style
//! attribute (the content security policy would refuse it). The style of each stands in `style/<file>.css`.
mod banner;
mod button;
mod chain;
mod code;
mod countdown;
mod dialog;
mod diff;
mod empty;
mod facts;
mod field;
mod icon;
mod keys;
mod mark;
mod page;
mod plot;
mod table;
mod time;
mod timeline;

pub use banner::{Banner, Problems, Standstill};
pub use button::{Button, Kind, LinkButton};
pub use chain::{Chain, Link};
pub use code::{CodeBlock, Copy, Digest};
pub use countdown::Countdown;
pub use dialog::{Dialog, DialogButton};
pub use diff::{DiffRow, DiffTable};
pub use empty::Empty;
pub use facts::{Fact, Facts};
pub use field::{Checkbox, Field, Select, TextArea};
pub use icon::Icon;
pub use keys::{KeyHelp, Keys};
pub use mark::{Mark, State, Tag};
pub use page::{Figure, Figures, Page, Panel};
pub use plot::{Area, Bar100, Bars, Heatmap, Line, Plot, Series};
pub use table::{Column, Pager, Table};
pub use time::{Time, ago, count, day, minutes, span};
pub use timeline::{Entry, Timeline};
