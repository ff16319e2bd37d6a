//! A list of one's own by form, without script: sent, mapped, looked at, imported; and the next month's without a question.
use crate::visitor::{Reply, Visitor};

const LIST: &str = "Account,Owner e-mail,Role,Floor,API token\nsvc-pay,ana@example.com,admin,3,ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8\nsvc-log,,reader,,\n";

async fn send(v: &mut Visitor, text: &str) -> String {
    let to = v.upload_as("csv", "HR list", "hr.csv", text).await.to().to_owned();
    assert!(to.starts_with("/welcome/inventory?upload="), "{to}");
    to
}
fn id(to: &str) -> &str {
    to.split('=').nth(1).unwrap().split('&').next().unwrap()
}
async fn map(v: &mut Visitor, to: &str, columns: &[&str]) -> Reply {
    let cells: String = columns.iter().enumerate().map(|(n, field)| format!("&c{n}={field}")).collect();
    v.post("/welcome/inventory/columns", &format!("upload={}{cells}&dates=dmy&kind=agent", id(to))).await
}

#[tokio::test]
async fn a_list_is_mapped_then_shown_then_imported_and_remembered() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let size = v.fresh.gov.log_size().await.unwrap();
    let to = send(&mut v, LIST).await;
    let page = v.get(&to).await.text;
    for said in ["What the columns of HR list mean", "svc-pay · svc-log", "Owner e-mail", "2 rows", "[redacted]"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("A1b2C3d4"), "a secret is shown: {page}");
    // the guess stands chosen in the form
    assert!(page.contains("<option value=\"name\" selected>Name"), "{page}");

    let wrong = map(&mut v, &to, &["", "owner", "", "", ""]).await;
    assert!(wrong.to().contains("columns=1&problem="), "{}", wrong.to());
    let told = v.get(wrong.to()).await.text;
    assert!(
        told.contains("no column says which identity") && told.contains("What the columns of HR list mean"),
        "{told}"
    );

    assert_eq!(map(&mut v, &to, &["name", "owner", "entitlement", "", ""]).await.to(), to);
    let page = v.get(&to).await.text;
    for said in ["svc-pay", "identities new", "Change the columns", "owners: 0 of the 1 it names"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(v.fresh.gov.log_size().await.unwrap(), size, "nothing was written");
    let again = v.get(&format!("{to}&columns=1")).await.text;
    assert!(
        again.contains("<option value=\"dmy\" selected>") && again.contains("<option value=\"agent\" selected>"),
        "{again}"
    );

    let done = v.post("/_fn/welcome/import-sent", &format!("upload={}", id(&to))).await;
    assert!(done.to().starts_with("/welcome/inventory?done="), "{done:?}");
    let it = v.fresh.gov.identity_find(&v.fresh.operator(), "svc-pay").await.unwrap();
    assert_eq!(it.kind, governance::identity::Kind::Agent);

    // next month: no question
    let to = send(&mut v, LIST).await;
    assert!(v.get(&to).await.text.contains("Nothing would change"));
    // unless the header is another
    let to = send(&mut v, &LIST.replace("Role,Floor", "Permission,Floor")).await;
    let page = v.get(&to).await.text;
    assert!(
        page.contains("New: Permission. Gone: Role.") && page.contains("What the columns of HR list mean"),
        "{page}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_as_it_was_mapped_is_told_where_it_is_mended() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let to = send(&mut v, "Account,Made\nsvc-pay,03/04/2025\n").await;
    v.post("/welcome/inventory/columns", &format!("upload={}&c0=name&c1=created&dates=&kind=agent", id(&to))).await;
    let page = v.get(&to).await.text;
    assert!(page.contains("day and month could be either way round") && page.contains("<select"), "{page}");
    map(&mut v, &to, &["name", "created"]).await;
    assert!(v.get(&to).await.text.contains("svc-pay"));

    for (text, said) in
        [("A,a\n1,2\n", "two columns are called"), ("A,B\n", "no row"), ("A;B\n1;\"x", "nothing closes")]
    {
        let to = send(&mut v, text).await;
        let page = v.get(&to).await.text;
        assert!(page.contains("role=\"alert\"") && page.contains(said), "{said}: {page}");
    }
    let nobody = v.post("/welcome/inventory/columns", "upload=invented&c0=name").await;
    assert!(nobody.to().starts_with("/welcome/inventory?problem="), "{}", nobody.to());
}
