//! The lists people see.
use crate::world::World;
use governance::engine::escalations::{Page, Query};
use governance::escalation::{Phase, Tier, Verdict};
use governance::on_every_database;
use governance::store::escalations::Filter;
use governance::testkit::Fresh;

on_every_database! {
    pages_go_on_where_the_last_one_ended
    mine_is_what_i_can_decide_and_have_not
}

fn amounts(page: &Page) -> Vec<String> {
    let value = |item: &governance::engine::escalations::Listed| {
        item.headline.as_ref()?.amount.as_ref().map(|a| a.value.clone())
    };
    page.items.iter().filter_map(value).collect()
}

async fn pages_go_on_where_the_last_one_ended(t: Fresh) {
    let w = World::new(t, 2).await;
    for n in 0..7 {
        let tier = if n % 2 == 0 { Tier::High } else { Tier::Critical };
        w.open(w.refund(n, tier, 2)).await;
        w.wait(1);
    }
    let ctx = w.person(w.people[0]);
    let all = |query: Query, filter: Filter, limit: usize| {
        let (w, ctx) = (w.clone(), ctx.clone());
        async move {
            let (mut filter, mut found) = (filter, Vec::new());
            loop {
                let page = w.t.gov.escalation_list(&ctx, &query, &filter, limit).await.expect("a page");
                assert!(page.items.len() <= limit);
                found.extend(amounts(&page));
                match page.next {
                    Some(after) => filter.after = Some(after),
                    None => return found,
                }
            }
        }
    };
    // critical cards run out first
    let waiting = ["1", "3", "5", "0", "2", "4", "6"];
    let newest = ["6", "5", "4", "3", "2", "1", "0"];
    for limit in [1, 2, 3, 7, 50] {
        assert_eq!(all(Query::Waiting, Filter::default(), limit).await, waiting, "{limit}");
        assert_eq!(all(Query::Mine, Filter::default(), limit).await, waiting, "{limit}");
        assert_eq!(all(Query::All(None), Filter::default(), limit).await, newest, "{limit}");
    }
    assert_eq!(all(Query::Waiting, Filter::tier(Tier::Critical), 2).await, ["1", "3", "5"]);
    let route = |r: &str| Filter { route: Some(r.into()), ..Filter::default() };
    assert_eq!(all(Query::Waiting, route("finance"), 3).await, waiting);
    assert!(all(Query::Waiting, route("legal"), 3).await.is_empty());
    assert_eq!(all(Query::All(Some(Phase::Pending)), Filter::of(w.agent), 3).await, newest);
    assert!(all(Query::All(Some(Phase::Denied)), Filter::default(), 3).await.is_empty());
}

async fn mine_is_what_i_can_decide_and_have_not(t: Fresh) {
    let w = World::new(t, 2).await;
    let stranger = w.approver("stranger", "legal").await;
    let two = w.open(w.refund(1, Tier::Critical, 2)).await;
    let mut own = w.refund(2, Tier::High, 1);
    own.requesters = [w.people[0]].into();
    w.open(own).await;
    let one = w.open(w.refund(3, Tier::High, 1)).await;
    let mine = |person| {
        let w = w.clone();
        async move {
            let ctx = w.person(person);
            let page = w.t.gov.escalation_list(&ctx, &Query::Mine, &Filter::default(), 50).await.expect("a page");
            assert_eq!(w.t.gov.escalation_count_mine(&ctx).await.expect("a count"), page.items.len());
            amounts(&page)
        }
    };
    assert_eq!(mine(w.people[0]).await, ["1", "3"]);
    assert_eq!(mine(w.people[1]).await, ["1", "2", "3"]);
    assert_eq!(mine(w.owner).await, ["1", "2", "3"], "an owner may vote, only not alone");
    assert!(mine(stranger).await.is_empty());
    w.vote(&two, w.people[0], Verdict::Approve).await.expect("a vote");
    w.vote(&one, w.people[1], Verdict::Deny).await.expect("a vote");
    assert!(mine(w.people[0]).await.is_empty());
    assert_eq!(mine(w.people[1]).await, ["1", "2"]);
    w.wait(900);
    assert_eq!(mine(w.people[1]).await, ["2"], "what has run out is nobody's, swept or not");
    let shown = w.t.gov.escalation_get(&w.person(stranger), two.escalation.id).await.expect("it");
    assert_eq!(shown.seats, Err("it is already expired".into()));
}
