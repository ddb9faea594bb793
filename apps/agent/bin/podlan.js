#!/usr/bin/env node
// A file of its own, so that npm finds something executable to link before anything is built.
import '../dist/main.js';
