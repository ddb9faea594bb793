/** Names that become file names and words of commands. */

/** As the specification has it for network names and container IDs. */
export const CONTAINER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The kernel's rule for device names (dev_valid_name): at most 15 bytes, no slash, colon or space. */
export const INTERFACE_NAME = /^(?!\.{1,2}$)[^\s/:]{1,15}$/;
