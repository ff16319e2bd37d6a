//! The console: pages, and the server functions they call.
