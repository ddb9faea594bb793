/** Run inside a host's namespace: its eth0 finishes checksums and segments by itself, as one on a real wire would. */
import { disableTransmitOffload } from '@podlan/linux';

disableTransmitOffload('eth0');
