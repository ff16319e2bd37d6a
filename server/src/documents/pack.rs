//! All documents of a pack, by their paths in it.
use super::{controls, records, report};
use governance::{
    Ctx, Governance,
    engine::evidence::Gathered,
    error::{Error, Result},
    evidence::order::Order,
    log::SigningKey,
};
use std::collections::BTreeMap;

/// The same gathering gives the same bytes.
///
/// # Errors
/// `Internal` if a template or value cannot be written.
pub fn documents(g: &Gathered) -> Result<BTreeMap<String, Vec<u8>>> {
    let framework = g.assessment.frameworks.first().ok_or_else(|| Error::broken("a pack without a framework"))?;
    let mut documents = BTreeMap::new();
    report::put(g, framework, &mut documents)?;
    controls::put(g, framework, &mut documents)?;
    records::put(g, &mut documents)?;
    Ok(documents)
}

/// Makes what was ordered. An order that cannot be made says why.
///
/// # Errors
/// As [`Governance::evidence_gather`] and [`Governance::evidence_keep`].
pub async fn make(governance: &Governance, ctx: &Ctx, order: Order, key: &SigningKey) -> Result<Order> {
    let made = async {
        let gathered = governance.evidence_gather(ctx, order.clone()).await?;
        governance.evidence_keep(ctx, &gathered, documents(&gathered)?, key).await
    };
    match made.await {
        Ok(made) => Ok(made),
        Err(e) => {
            governance.evidence_failed(ctx, &order, &e.detail).await?;
            Err(e)
        }
    }
}
