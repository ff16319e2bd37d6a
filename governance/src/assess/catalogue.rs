//! The versioned catalogue: frameworks, their controls, 64 control tests and which control rests on which tests.
use super::{check, sql::Schema};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The catalogue that this binary ships: `governance/data/frameworks.json`.
const SHIPPED: &str = include_str!("../../data/frameworks.json");

#[derive(Debug, Clone, Deserialize)]
pub struct Catalogue {
    pub title: String,
    /// The day it was made; with [`Catalogue::sha256`] its version.
    pub generated: String,
    /// What its authors say about how far it may be trusted; printed wherever its verdicts are.
    pub status: String,
    pub not_verified: Vec<String>,
    pub coverage_levels: BTreeMap<Coverage, String>,
    pub verdict_rules: VerdictRules,
    pub evidence_model: EvidenceModel,
    pub evidence_artifacts: Vec<Artifact>,
    pub tests: Vec<Test>,
    pub frameworks: Vec<Framework>,
    pub mappings: Vec<Mapping>,
    pub not_evidenced: Vec<NotEvidenced>,
    pub words: Words,
    /// Of the file's bytes, hexadecimal.
    #[serde(skip)]
    pub sha256: String,
    #[serde(skip)]
    pub schema: Schema,
}

/// How rows become verdicts, in the catalogue's own words: shown wherever verdicts are.
#[derive(Debug, Clone, Deserialize)]
pub struct VerdictRules {
    pub test: Vec<String>,
    pub control: Vec<String>,
    /// About thresholds.
    pub parameters: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct EvidenceModel {
    /// `CREATE TABLE name(column TYPE [PRIMARY KEY],…);`
    pub ddl: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Artifact {
    pub id: String,
    pub description: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Words {
    /// Every text that a test compares a column with, test ids aside.
    pub literals: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Test {
    pub id: String,
    pub title: String,
    pub question: String,
    pub population_sql: String,
    pub violations_sql: String,
    /// Thresholds: seconds, milliseconds, per cent or a count, as the name's ending says.
    pub params: BTreeMap<String, i64>,
    /// Share of the population that may violate it, 0 ≤ r < 1.
    pub tolerance_ratio: f64,
    pub evidence: Vec<String>,
    pub reads: Vec<String>,
    pub limitations: String,
}

/// One of a test's two queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Population,
    Violations,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Framework {
    pub id: String,
    pub name: String,
    pub version: String,
    pub publisher: String,
    pub licence: String,
    pub verified: String,
    #[serde(default)]
    pub notes: String,
    pub controls: Vec<Control>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Control {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub kind: ControlKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    Control,
    Subcategory,
    Category,
    Function,
    Requirement,
    Criterion,
    Article,
    Mitigation,
    Risk,
    Threat,
    Technique,
    Layer,
    CrossLayer,
}

impl ControlKind {
    /// A risk, threat, technique or layer is not a thing one satisfies: passing tests do not prove it absent.
    #[must_use]
    pub const fn is_exposure(self) -> bool {
        matches!(self, Self::Risk | Self::Threat | Self::Technique | Self::Layer | Self::CrossLayer)
    }
}

/// How much of a control its tests measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    Direct,
    Partial,
    Contributory,
}

impl Coverage {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Partial => "partial",
            Self::Contributory => "contributory",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Mapping {
    pub framework: String,
    pub control: String,
    pub coverage: Coverage,
    pub evidence: Vec<String>,
    pub tests: Vec<String>,
    /// Test to parameter to value: thresholds this control fixes.
    pub param_overrides: BTreeMap<String, BTreeMap<String, i64>>,
    pub rationale: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct NotEvidenced {
    pub framework: String,
    pub control: String,
    pub reason: String,
}

impl Catalogue {
    /// Reads a catalogue and checks it whole: ids unique, every reference there, every query within the declared tables
    /// and parameters.
    ///
    /// # Errors
    /// `Invalid`, one line for each fault, saying where it is.
    pub fn load(json: &str) -> Result<Self> {
        let mut catalogue: Self =
            serde_json::from_str(json).map_err(|e| Error::invalid(format!("the catalogue cannot be read: {e}")))?;
        catalogue.sha256 = Sha256::digest(json.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        catalogue.schema = check::schema(&catalogue.evidence_model.ddl)?;
        let faults = check::faults(&catalogue);
        if faults.is_empty() { Ok(catalogue) } else { Err(Error::invalid(faults.join("\n"))) }
    }

    /// The one in this binary, read once.
    ///
    /// # Errors
    /// As [`Catalogue::load`]; a test reads it, so a released binary does not fail here.
    pub fn shipped() -> Result<Arc<Self>> {
        static READ: OnceLock<Arc<Catalogue>> = OnceLock::new();
        if let Some(catalogue) = READ.get() {
            return Ok(catalogue.clone());
        }
        let catalogue = Arc::new(Self::load(SHIPPED)?);
        Ok(READ.get_or_init(|| catalogue).clone())
    }

    #[must_use]
    pub fn test(&self, id: &str) -> Option<&Test> {
        self.tests.iter().find(|t| t.id == id)
    }
    #[must_use]
    pub fn mapping(&self, framework: &str, control: &str) -> Option<&Mapping> {
        self.mappings.iter().find(|m| m.framework == framework && m.control == control)
    }
    /// Why no test speaks about a control.
    #[must_use]
    pub fn not_evidenced(&self, framework: &str, control: &str) -> Option<&str> {
        let found = self.not_evidenced.iter().find(|n| n.framework == framework && n.control == control);
        found.map(|n| n.reason.as_str())
    }
    /// # Errors
    /// `Invalid`, listing the ids there are.
    pub fn framework(&self, id: &str) -> Result<&Framework> {
        self.frameworks.iter().find(|f| f.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
            let ids: Vec<_> = self.frameworks.iter().map(|f| f.id.as_str()).collect();
            Error::invalid(format!("no framework {id}; there are: {}", ids.join(", ")))
        })
    }
}
