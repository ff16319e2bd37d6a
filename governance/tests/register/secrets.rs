//! Secrets over all identities: what is of concern, the worst first, and which of them is the same in several places.
use governance::credential::Kind as Sort;
use governance::engine::imports::ImportInput;
use governance::engine::page::Want;
use governance::identity::Environment;
use governance::identity::change::Change;
use governance::on_every_database;
use governance::secret::{Concern, Filter, Rotation, Secret, rotation};
use governance::source::Kind;
use governance::testkit::Fresh;
use serde_json::json;

on_every_database! {
    a_count_is_the_length_of_its_list_and_its_lines_say_so
    one_secret_of_two_identities_is_told_until_one_is_replaced
    a_key_that_a_platform_names_is_the_same_in_every_import
    the_worst_stand_first_page_by_page
}

async fn import(t: &Fresh, kind: Kind, files: &[(&str, String)]) {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into_bytes())).collect();
    let input = ImportInput { kind, files, name: None, allow_removals: true };
    assert_eq!(t.gov.import_apply(&t.operator(), &input).await.unwrap().problems, []);
}
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
/// A user with a password that a person used, and two keys, one of them switched off.
fn report() -> Vec<(&'static str, String)> {
    let user = "bot,arn:aws:iam::111122223333:user/bot,2024-01-01T00:00:00+00:00,true,2026-11-20T10:00:00+00:00,2024-01-01T00:00:00+00:00,N/A,false,true,2024-02-01T00:00:00+00:00,2024-03-01T00:00:00+00:00,eu-central-1,s3,false,2024-02-01T00:00:00+00:00,N/A,N/A,N/A,true,N/A,false,N/A";
    let page = json!({"UserDetailList": [{"Path": "/", "UserName": "bot", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/bot",
        "CreateDate": "2024-01-01T00:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [], "Tags": []}],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    vec![("authorization.json", page.to_string()), ("report.csv", format!("{HEADER}\n{user}\n"))]
}
fn mcp(server: &str, token: &str) -> String {
    json!({"mcpServers": {server: {"url": "https://h.example/mcp", "headers": {"Authorization": format!("Bearer {token}")}}}}).to_string()
}
async fn list(t: &Fresh, filter: Filter) -> Vec<Secret> {
    t.gov.secret_list(&t.operator(), filter, &Want::default()).await.unwrap().items
}
async fn count(t: &Fresh, concern: Concern) -> i64 {
    let counts = t.gov.secret_counts(&t.operator()).await.unwrap();
    counts.concerns.iter().find(|(of, _)| *of == concern).unwrap().1
}

async fn a_count_is_the_length_of_its_list_and_its_lines_say_so(t: Fresh) {
    import(&t, Kind::AwsIam, &report()).await;
    import(&t, Kind::McpConfig, &[("one.json", mcp("a", "hunter2-one")), ("two.json", mcp("b", "hunter2-one"))]).await;
    let all = list(&t, Filter::Secrets).await;
    let counts = t.gov.secret_counts(&t.operator()).await.unwrap();
    assert_eq!(usize::try_from(counts.secrets).unwrap(), all.len());
    for (concern, n) in counts.concerns {
        let of = list(&t, Filter::Of(concern)).await;
        let lines = all.iter().filter(|it| it.concerns.contains(&concern)).count();
        assert_eq!((of.len(), of.len()), (lines, usize::try_from(n).unwrap()), "{concern}");
        assert!(of.iter().all(|it| it.concerns.contains(&concern)), "{concern}");
    }
    let of = |key: &str| all.iter().find(|it| it.credential.key == key).unwrap();
    let password = of("password");
    let said = [Concern::UsedByPeople, Concern::NeverExpires, Concern::Old, Concern::NeverRotated];
    assert_eq!(password.concerns, said);
    assert!(matches!(rotation(&password.credential), Rotation::Never(_)));
    assert_eq!(of("access key 1").concerns, [Concern::Old, Concern::Unused]);
    assert_eq!(of("signing certificate 1").concerns, [Concern::AgeNotTold]);
    assert_eq!(rotation(&of("signing certificate 1").credential), Rotation::NotTold);
    assert!(all.iter().all(|it| it.credential.key != "access key 2"), "what is switched off opens nothing");
    assert_eq!(list(&t, Filter::Kind(Sort::AccessKey)).await.len(), 2, "and stands in the list of its kind");
    assert!(!format!("{all:?}").contains("hunter2"));
}

async fn one_secret_of_two_identities_is_told_until_one_is_replaced(t: Fresh) {
    let both = |second: &str| [("prod.json", mcp("live", "hunter2-one")), ("test.json", mcp("trial", second))];
    import(&t, Kind::McpConfig, &both("hunter2-one")).await;
    let shared = list(&t, Filter::Of(Concern::Shared)).await;
    let pairs: Vec<_> = shared.iter().map(|it| (it.identity_name.as_str(), it.elsewhere[0].name.as_str())).collect();
    assert!(pairs.contains(&("live", "trial")) && pairs.contains(&("trial", "live")) && pairs.len() == 2, "{pairs:?}");
    assert_eq!(count(&t, Concern::AcrossEnvironments).await, 0, "nobody said of which environment they are");
    for (name, environment) in [("live", Environment::Production), ("trial", Environment::Test)] {
        let it = t.gov.identity_find(&t.operator(), name).await.unwrap();
        let change = Change { environment: Some(Some(environment)), ..Change::default() };
        t.gov.identity_change(&t.operator(), it.id, it.version, change).await.unwrap();
    }
    assert_eq!(count(&t, Concern::AcrossEnvironments).await, 2);
    import(&t, Kind::McpConfig, &both("hunter2-two")).await;
    assert_eq!((count(&t, Concern::Shared).await, count(&t, Concern::AcrossEnvironments).await), (0, 0));
}

async fn a_key_that_a_platform_names_is_the_same_in_every_import(t: Fresh) {
    let key = "0123456789abcdef0123456789abcdef01234567";
    let keys = |email: &str| {
        let name = format!("projects/p/serviceAccounts/{email}/keys/{key}");
        json!([{"name": name, "keyType": "USER_MANAGED", "keyOrigin": "USER_PROVIDED", "keyAlgorithm": "KEY_ALG_RSA_2048",
            "validAfterTime": "2024-01-01T00:00:00Z", "validBeforeTime": "9999-12-31T23:59:59Z"}])
        .to_string()
    };
    for project in ["one", "two"] {
        let email = format!("bot@{project}.iam.gserviceaccount.com");
        let accounts = json!([{"name": format!("projects/{project}/serviceAccounts/{email}"), "projectId": project,
            "uniqueId": "1", "email": email}]);
        import(
            &t,
            Kind::Gcp,
            &[
                ("accounts.json", accounts.to_string()),
                ("keys.json", keys(&email).replace("projects/p/", &format!("projects/{project}/"))),
            ],
        )
        .await;
    }
    assert_eq!(list(&t, Filter::Of(Concern::Shared)).await.len(), 2);
}

async fn the_worst_stand_first_page_by_page(t: Fresh) {
    import(&t, Kind::AwsIam, &report()).await;
    import(&t, Kind::McpConfig, &[("one.json", mcp("a", "hunter2-one")), ("two.json", mcp("b", "hunter2-one"))]).await;
    for filter in [Filter::Secrets, Filter::Of(Concern::Old), Filter::Kind(Sort::Token)] {
        let whole: Vec<_> = list(&t, filter).await.into_iter().map(|it| it.credential.id).collect();
        let (mut want, mut found) = (Want { cursor: None, limit: 1 }, vec![]);
        loop {
            let page = t.gov.secret_list(&t.operator(), filter, &want).await.unwrap();
            found.extend(page.items.into_iter().map(|it| it.credential.id));
            match page.next {
                Some(next) => want.cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(found, whole, "{filter:?}");
    }
    let all = list(&t, Filter::Secrets).await;
    let names: Vec<_> = all.iter().map(|it| it.credential.key.as_str()).collect();
    assert_eq!(
        names,
        ["header Authorization", "header Authorization", "password", "signing certificate 1", "access key 1"]
    );
}
