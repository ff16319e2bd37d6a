//! A list of one's own: what its columns mean is chosen before any difference is shown.
use super::calls::Preview;
use crate::{
    error::AppError,
    parts::{Banner, Button, Column, Icon, Kind, LinkButton, Select, State, Table},
    paths,
};
use governance::{
    identity,
    import::sheet::mapping::{Dates, Field},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A list whose columns somebody is to say the meaning of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    pub upload: String,
    /// Of the list: what is chosen is remembered by it.
    pub name: String,
    pub file: String,
    pub rows: usize,
    pub columns: Vec<Seen>,
    pub dates: Option<Dates>,
    pub kind: identity::Kind,
    /// Columns that are not those of the remembered header.
    pub new: Vec<String>,
    pub gone: Vec<String>,
    /// Why the difference cannot be shown.
    pub problem: Option<String>,
}

/// One column: its header, its first values, and what it is taken to mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub header: String,
    pub samples: Vec<String>,
    pub field: Option<Field>,
}

/// What there is to show of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sent {
    Columns(Columns),
    Difference(Preview),
}

/// The difference that importing what was sent would make; of a list first, or when asked for, its columns. Nothing is written.
///
/// # Errors
/// As the import; `Expired` once the files are no longer kept.
#[server(prefix = "/_fn", endpoint = "welcome/sent")]
pub async fn sent_get(upload: String, columns: bool) -> Result<Sent, AppError> {
    let (gov, ctx) = crate::viewer::acting()?;
    let found = expect_context::<super::Uploads>().get(&upload, ctx.person()?, ctx.at)?;
    Ok(looked::sent(&gov, &ctx, &found, columns).await?)
}

#[cfg(feature = "ssr")]
mod looked {
    use super::{
        super::{Upload, calls::carried},
        Columns, Seen, Sent,
    };
    use governance::{
        Ctx, Governance,
        error::{Kind, Result},
    };

    pub async fn sent(gov: &Governance, ctx: &Ctx, upload: &Upload, asked: bool) -> Result<Sent> {
        let Some(input) = upload.list() else {
            return Ok(Sent::Difference(carried::run(gov, ctx, upload, true).await?));
        };
        let look = gov.sheet_look(ctx, &input, &upload.given).await?;
        let mut problem = None;
        if !asked && (look.settled || upload.given.columns.is_some()) {
            match carried::run(gov, ctx, upload, true).await {
                // what cannot be read as it was mapped may be read as it is mapped next
                Err(e) if e.kind == Kind::Invalid => problem = Some(e.detail),
                other => return other.map(Sent::Difference),
            }
        }
        let columns = look.columns.into_iter();
        Ok(Sent::Columns(Columns {
            upload: upload.id.clone(),
            name: upload.name.clone().unwrap_or_default(),
            file: look.file,
            rows: look.rows,
            columns: columns.map(|c| Seen { header: c.shown, samples: c.samples, field: c.field }).collect(),
            dates: look.dates,
            kind: look.kind,
            new: look.drift.new.iter().map(|h| governance::import::sheet::rows::shown(h)).collect(),
            gone: look.drift.gone.iter().map(|h| governance::import::sheet::rows::shown(h)).collect(),
            problem,
        }))
    }
}

/// The form: each column with its first values and a choice of what it means.
pub fn choose(c: Columns) -> impl IntoView {
    let title = format!("What the columns of {} mean", c.name);
    let rows = c.columns.iter().enumerate().map(|(n, seen)| row(n, seen)).collect_view();
    let heads = ["Column", "First values", "Means"].map(Column::text).to_vec();
    let dates = [
        (String::new(), "One that could be meant either way is refused"),
        (Dates::DayFirst.to_string(), "Day first: 03/04/2025 is 3 April"),
        (Dates::MonthFirst.to_string(), "Month first: 03/04/2025 is 4 March"),
    ];
    let dates: Vec<_> = dates.into_iter().map(|(value, words)| (value, words.to_owned())).collect();
    let kinds: Vec<_> = identity::Kind::ALL.iter().map(|k| (k.to_string(), k.as_str().replace('_', " "))).collect();
    let count = if c.rows == 1 { "1 row".to_owned() } else { format!("{} rows", c.rows) };
    view! {
        <section aria-labelledby="columns">
            <h2 id="columns">{title}</h2>
            {c.problem.clone().map(|text| view! { <Banner state=State::Deny title="It cannot be read so.">{text}</Banner> })}
            {drift(&c)}
            <p class="note">{format!("{}, {count}. What you choose is remembered for this list until its header changes.", c.file)}</p>
            <form class="mapping" method="post" action=paths::WELCOME_COLUMNS>
                <input type="hidden" name="upload" value=c.upload.clone()/>
                <Table caption="Columns of the list" columns=heads>{rows}</Table>
                <div class="mapped">
                    <Select label="Dates" name="dates" options=dates selected=c.dates.map(|d| d.to_string()).unwrap_or_default()/>
                    <Select label="A row that does not say its kind is" name="kind" options=kinds selected=c.kind.to_string()/>
                </div>
                <div class="actions">
                    <Button kind=Kind::Primary><Icon name="upload"/>"Show the difference"</Button>
                    <LinkButton href=paths::WELCOME_INVENTORY>"Choose another file"</LinkButton>
                </div>
            </form>
        </section>
    }
}

fn row(n: usize, seen: &Seen) -> impl IntoView + use<> {
    let name = format!("c{n}");
    let options = Field::ALL.iter().map(|field| {
        let chosen = seen.field == Some(*field);
        view! { <option value=field.to_string() selected=chosen>{field.title()}</option> }
    });
    let label = format!("What {} means", seen.header);
    view! {
        <tr>
            <th scope="row">{seen.header.clone()}</th>
            <td data-label="First values">{if seen.samples.is_empty() { "nothing".to_owned() } else { seen.samples.join(" · ") }}</td>
            <td data-label="Means"><div class="field">
                <select name=name aria-label=label>
                    <option value="" selected=seen.field.is_none()>"Not read"</option>
                    {options.collect_view()}
                </select>
            </div></td>
        </tr>
    }
}

/// What changed since the columns were last mapped.
fn drift(c: &Columns) -> Option<impl IntoView + use<>> {
    let part = |what: &str, of: &[String]| (!of.is_empty()).then(|| format!("{what}: {}.", of.join(", ")));
    let words: Vec<_> = part("New", &c.new).into_iter().chain(part("Gone", &c.gone)).collect();
    let title = "The header is not the one that was mapped before.";
    (!words.is_empty()).then(|| view! { <Banner state=State::Wait title>{words.join(" ")}</Banner> })
}
