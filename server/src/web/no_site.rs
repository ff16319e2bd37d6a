Site { script: None, style: None, icons: None, favicon: None, font: None, files: &[] }
