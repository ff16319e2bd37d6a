//! The second door: files are sent, their difference is shown, and only then is anything written.
use super::calls::{ImportSent, Preview};
use super::columns::{self, Sent, sent_get};
use crate::{
    parts::{
        Banner, Button, Column, Empty, Figure, Figures, Icon, Kind, LinkButton, Mark, Page, Panel, Problems, State,
        Table,
    },
    paths,
    viewer::Viewer,
};
use governance::person::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn InventoryPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let asked = query.get("columns").is_some();
    let found = query
        .get("upload")
        .map(|upload| Resource::new(move || (upload.clone(), asked), |(upload, asked)| sent_get(upload, asked)));
    let problem = query
        .get("problem")
        .map(|text| view! { <Banner state=State::Deny title="Nothing was imported.">{text}</Banner> });
    let done = query.get("done").map(|text| imported(text, query.get("problems")));
    let action = ServerAction::<ImportSent>::new();
    view! {
        <Page title="Bring your inventory" lead="Nothing is written before you have seen the difference">
            {problem}
            {done}
            <Problems error=action.value().get_untracked().and_then(Result::err)/>
            {match found {
                None => choose().into_any(),
                Some(found) => view! {
                    <Suspense>
                        {move || Suspend::new(async move {
                            match found.await {
                                Err(e) => view! { <Problems error=Some(e)/> {choose()} }.into_any(),
                                Ok(Sent::Columns(c)) => columns::choose(c).into_any(),
                                Ok(Sent::Difference(p)) => difference(p, action).into_any(),
                            }
                        })}
                    </Suspense>
                }.into_any(),
            }}
        </Page>
    }
}

fn imported(text: String, problems: Option<String>) -> impl IntoView {
    let skipped = problems.and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
    let rest = skipped.map(|n| format!(" {n} objects were skipped, as the preview said."));
    view! {
        <Banner state=State::Allow title="Imported.">
            {format!("{text}.{} ", rest.unwrap_or_default())}<a href=paths::OVERVIEW>"See the Overview"</a>
        </Banner>
    }
}

/// One form a kind of file.
#[component]
fn Choose(
    what: &'static str,
    #[prop(into)] title: String,
    #[prop(into)] hint: String,
    /// How to get the file.
    how: &'static [&'static str],
    accept: &'static str,
    many: bool,
    /// A folder is chosen, with all in it: what an answer is about stands in its path.
    #[prop(optional)]
    folder: bool,
    /// Asks what the source is called: its export does not say.
    #[prop(optional)]
    named: Option<&'static str>,
) -> impl IntoView {
    let (id, by) = (format!("f-{what}"), format!("f-{what}-hint"));
    let commands = (!how.is_empty()).then(|| view! { <pre class="code-line" tabindex="0" role="region" aria-label=format!("How to export for {title}")><code>{how.join("\n")}</code></pre> });
    let chooser = view! { <input id=id.clone() type="file" name="file" required multiple=many accept=accept aria-describedby=by.clone()/> }
        .attr("webkitdirectory", folder.then_some(""));
    view! {
        <Panel title=title.clone()>
            <form method="post" action=paths::WELCOME_INVENTORY enctype="multipart/form-data">
                <input type="hidden" name="what" value=what/>
                {commands}
                {named.map(|label| {
                    let id = format!("f-{what}-name");
                    view! {
                        <div class="field">
                            <label for=id.clone()>{label}</label>
                            <input id=id name="name" type="text" required maxlength="256" autocomplete="off"/>
                        </div>
                    }
                })}
                <div class="field">
                    <label for=id.clone()>{match (folder, many) { (true, _) => "Folder", (_, true) => "Files", _ => "File" }}</label>
                    {chooser}
                    <p class="hint" id=by.clone()>{hint}</p>
                </div>
                <div class="actions"><Button><Icon name="upload"/>"Show the difference"</Button></div>
            </form>
        </Panel>
    }
}

const AWS: &[&str] = &[
    "aws iam get-account-authorization-details > authorization-details.json",
    "aws iam generate-credential-report",
    "aws iam get-credential-report > credential-report.json",
];

const KUBERNETES: &[&str] = &[
    "kubectl get sa,roles,rolebindings,clusterroles,clusterrolebindings -A -o json > cluster.json",
    "kubectl get pods -A -o json > pods.json",
];
const GCP: &[&str] = &[
    "gcloud iam service-accounts list --project=$P --format=json > service-accounts.json",
    "gcloud projects get-iam-policy $P --format=json > project-policy.json",
    "gcloud asset search-all-iam-policies --scope=projects/$P --format=json > all-policies.json",
];
const ENTRA: &[&str] = &[
    "az rest --url 'https://graph.microsoft.com/v1.0/organization' > organization.json",
    "az rest --url 'https://graph.microsoft.com/v1.0/servicePrincipals?$expand=appRoleAssignments&$top=999' > principals.json",
    "az rest --url 'https://graph.microsoft.com/v1.0/servicePrincipals/microsoft.graph.agentIdentity' > agents.json",
];
const OKTA: &[&str] = &[
    "curl -H \"Authorization: Bearer $OKTA_TOKEN\" \"$OKTA_URL/api/v1/apps?limit=200\" > apps.json",
    "curl -H \"Authorization: Bearer $OKTA_TOKEN\" \"$OKTA_URL/api/v1/api-tokens?limit=200\" > api-tokens.json",
];
const GITHUB: &[&str] = &[
    "mkdir acme && cd acme",
    "get() { mkdir -p \"$(dirname \"$1\")\" && gh api --paginate \"$1?per_page=100\" > \"$1.json\" || rm \"$1.json\"; }",
    "for a in installations personal-access-tokens actions/permissions/workflow actions/secrets; do get orgs/acme/$a; done",
    "for r in $(gh repo list acme --limit 1000 --json nameWithOwner --jq '.[].nameWithOwner'); do",
    "  for a in keys actions/permissions/workflow actions/secrets; do get repos/$r/$a; done",
    "done",
];

const ANTHROPIC: &[&str] = &[
    "curl -H \"x-api-key: $ADMIN_KEY\" -H \"anthropic-version: 2023-06-01\" \"https://api.anthropic.com/v1/organizations/me\" > organization.json",
    "curl -H \"x-api-key: $ADMIN_KEY\" -H \"anthropic-version: 2023-06-01\" \"https://api.anthropic.com/v1/organizations/api_keys?limit=1000\" > api-keys.json",
    "curl -H \"x-api-key: $ADMIN_KEY\" -H \"anthropic-version: 2023-06-01\" \"https://api.anthropic.com/v1/organizations/workspaces?limit=100\" > workspaces.json",
];

fn choose() -> impl IntoView {
    let has = |role| use_context::<Viewer>().is_some_and(|v| v.has(role));
    if !has(Role::Admin) && !has(Role::Operator) {
        return view! { <Empty title="Importing takes the role operator or admin" why="You may look at what the sources say, and not change it."/> }.into_any();
    }
    let people = has(Role::Admin);
    view! {
        <div class="uploads">
            <Choose what="aws-iam" title="AWS IAM" many=true accept=".json,.csv" how=AWS
                hint="Authorization details, credential report and access advisor of one account, told apart by content"/>
            <Choose what="kubernetes" title="Kubernetes" many=true accept=".json,.yaml,.yml" how=KUBERNETES named="Cluster"
                hint="Service accounts, roles and bindings of one cluster, the pods if you like. An export does not say which cluster it is of: call it the same each time"/>
            <Choose what="gcp" title="Google Cloud" many=true accept=".json" how=GCP
                hint="What gcloud says of one project: accounts, keys, policies, insights on use; told apart by content"/>
            <Choose what="entra" title="Microsoft Entra" many=true accept=".json" how=ENTRA
                hint="Answers of Microsoft Graph about one tenant, every page in a file of its own; told apart by content"/>
            <Choose what="okta" title="Okta" many=true accept=".json" how=OKTA
                hint="Answers of the management interface of one organization. Delete the files afterwards: Okta shows client secrets in them"/>
            <Choose what="github" title="GitHub" many=true folder=true accept=".json" how=GITHUB
                hint="The folder with the answers of one organization, each under the path it was asked at: that says what it is about. Files that are not .json are passed over"/>
            <Choose what="anthropic" title="Anthropic" many=true accept=".json" how=ANTHROPIC
                hint="Answers of the Admin API about one organization: itself, its API keys, its workspaces; told apart by content"/>
            <Choose what="a2a" title="Agent cards (A2A)" many=true accept=".json" how=&["curl https://agent.example/.well-known/agent-card.json > agent-card.json"]
                hint="What agents say of themselves: skills, addresses, whom they let in"/>
            <Choose what="mcp-config" title="MCP configuration" many=false accept=".json,.jsonc" how=&[]
                hint=".mcp.json, mcp.json or a desktop client's configuration. A secret in it becomes a finding and is redacted before anything is stored"/>
            <Choose what="csv" title="A list of your own (CSV)" many=false accept=".csv,.tsv,.txt" how=&[] named="Name of the list"
                hint="Service accounts, keys, entitlements, as you keep them. You say which column means what, once: it is remembered by the name"/>
            {people.then(|| view! {
                <Choose what="people" title="People" many=false accept=".csv" how=&["email,name,manager,groups,roles,status"]
                    hint="CSV with that first line; only email and name must be there. Who is not in it stays as they are"/>
            })}
            <Choose what="owners" title="Owners" many=false accept=".csv" how=&["name,owner,backup"]
                hint="CSV with that first line; in production a backup must be named. Owners are people of the register"/>
        </div>
    }
    .into_any()
}

fn difference(p: Preview, action: ServerAction<ImportSent>) -> impl IntoView {
    let changes = p.changes();
    let figures =
        p.counts.iter().filter(|c| c.1 > 0).map(|(what, n)| view! { <Figure name=what.clone() value=n.to_string()/> });
    let figures = figures.collect_view();
    let words = match changes {
        0 => "Nothing would change".to_owned(),
        1 => "One change".to_owned(),
        n => format!("{n} changes"),
    };
    let rows = p.rows.iter().map(|(word, what, detail)| {
        let state = match word.as_str() {
            "gone" => State::Deny,
            "changed" => State::Wait,
            _ => State::Info,
        };
        view! { <tr><td data-label="Change"><Mark state word=word.clone()/></td><th scope="row"><code>{what.clone()}</code></th><td data-label="What">{detail.clone()}</td></tr> }
    });
    let rows = rows.collect_view();
    let columns = ["Change", "Principal", "What"].map(Column::text).to_vec();
    let list = |title: &'static str, lines: &[String]| {
        let lines = lines.to_vec();
        (!lines.is_empty()).then(|| {
            let shown = lines.iter().take(20).map(|l| view! { <li>{l.clone()}</li> }).collect_view();
            let more = lines.len().saturating_sub(20);
            let more = (more > 0).then(|| format!("and {more} more"));
            view! { <details class="panel lines" open=title.starts_with("Skipped")><summary>{format!("{title} ({})", lines.len())}</summary><ul>{shown}</ul>{more}</details> }
        })
    };
    let (problems, aside, notes) = (
        list("Skipped, with the place", &p.problems),
        list("Not taken as identities", &p.set_aside),
        list("Notes", &p.notes),
    );
    view! {
        <section aria-labelledby="difference">
            <h2 id="difference">{format!("{}: {}", p.title, words)}</h2>
            <div class="figures-wrap"><Figures>{figures}</Figures></div>
            {(!p.rows.is_empty()).then(|| view! { <Table caption="What would change" columns=columns>{rows}</Table> })}
            {(p.more > 0).then(|| view! { <p class="note">{format!("and {} more", p.more)}</p> })}
            {problems}{aside}{notes}
            <ActionForm action=action>
                <input type="hidden" name="upload" value=p.upload.clone()/>
                <div class="actions">
                    {(changes > 0).then(|| view! { <Button kind=Kind::Primary>{format!("Import {words}")}</Button> })}
                    {p.mapped.then(|| {
                        let href = format!("{}?upload={}&columns=1", paths::WELCOME_INVENTORY, p.upload);
                        view! { <LinkButton href>"Change the columns"</LinkButton> }
                    })}
                    <LinkButton href=paths::WELCOME_INVENTORY>"Choose other files"</LinkButton>
                </div>
            </ActionForm>
        </section>
    }
}
