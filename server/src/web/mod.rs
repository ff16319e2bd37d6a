//! What a browser meets: the site's files, pages, sessions, and the headers around all of it.
pub mod csrf;
pub mod evidence;
pub mod exports;
pub mod handoffs;
pub mod headers;
pub mod health;
pub mod live;
pub mod login;
mod news;
pub mod pages;
pub mod register;
pub mod resources;
pub mod session;
pub mod site;
pub mod visibility;
pub mod welcome;
mod welcome_columns;
mod welcome_live;
