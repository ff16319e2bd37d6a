//! What the build needs beside cargo: `xtask site WASM OUT` assembles the console's files, `xtask sizes OUT` holds them
//! to their budgets.
mod css;
mod site;
mod sizes;

use std::{path::Path, process::ExitCode};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["site", wasm, out] => site::assemble(Path::new(wasm), Path::new(out)),
        ["sizes", out] => sizes::check(Path::new(out)),
        _ => Err("usage: xtask site WASM OUT | xtask sizes OUT".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}
