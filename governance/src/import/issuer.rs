//! Who issues the tokens that a trust accepts.

/// Whether an issuer of tokens is a service that runs pipelines.
#[must_use]
pub fn is_pipeline(issuer: &str) -> bool {
    const PIPELINES: &[&str] = &[
        "token.actions.githubusercontent.com",
        "vstoken.dev.azure.com",
        "gitlab",
        "bitbucket",
        "circleci",
        "buildkite",
        "app.terraform.io",
        "spacelift",
    ];
    PIPELINES.iter().any(|p| issuer.contains(p))
}
